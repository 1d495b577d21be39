import { filesNotRead, someOfFound } from "../image-files.ts";
import { defineRule } from "../rule.ts";

const MOST = 10;

export default defineRule<"image">({
  id: "absent-libraries",
  title: "Modules in the image ask for libraries that are not in it",
  category: "offline",
  needs: "image",
  severity: "info",
  requirements: [],
  why: "A module of Python or R that is linked to a library cannot be loaded without it: “ImportError: libGL.so.1: cannot open shared object file”. In the Safe Haven nothing can be installed then.",
  fix: "Install the package that has the library, or leave out the module if the job does not load it.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "OpenCV without OpenGL",
        facts: {
          fitness: {
            absentLibraries: new Map([
              ["libGL.so.1", { count: 1, paths: ["/opt/venv/lib/python3.12/site-packages/cv2/cv2.abi3.so"] }],
            ]),
          },
        },
      },
    ],
    good: [
      { title: "all are there", facts: {} },
      {
        title: "not assessed when the files cannot be read",
        facts: { fitness: undefined, tree: undefined, treeProblem: "the archive ends early" },
      },
    ],
  },
  *check(image) {
    const { fitness } = image;
    if (fitness === undefined) {
      yield filesNotRead(image);
      return;
    }
    // What keeps the job from starting is told as such.
    const told = new Set(fitness.start.missingLibraries.map(({ name }) => name));
    const absent = [...fitness.absentLibraries].filter(([name]) => !told.has(name));
    for (const [name, users] of absent.slice(0, MOST)) {
      yield {
        message: `${name.slice(0, 60)} is nowhere in the image, and ${someOfFound(users, 2)} ${users.count === 1 ? "asks" : "ask"} for it.`,
        fix: "Install the package that has the library, if the job loads what asks for it.",
        location: { imagePath: users.paths[0] ?? "/" },
      };
    }
  },
});
