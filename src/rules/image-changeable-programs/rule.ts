import { plural } from "../../findings/counting.ts";
import { fixOf } from "../helpers.ts";
import { filesNotRead, someOfFound } from "../image-files.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"image">({
  id: "image-changeable-programs",
  title: "Programs in the image do not belong to root alone",
  category: "security",
  needs: "image",
  severity: "warning",
  requirements: ["IMG-10", "BG-05"],
  why: "A program that belongs to root and that nobody else can write is still the one that was reviewed when the job runs.",
  fix: "Copy programs with --chown=root:root --chmod=555, and install as root.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "installed as another user",
        facts: {
          fitness: {
            changeablePrograms: { count: 812, paths: ["/opt/conda/bin/python", "/opt/conda/bin/pip"] },
          },
        },
      },
    ],
    good: [
      { title: "all are root's", facts: {} },
      {
        title: "only the one that starts the job, which program-writable tells",
        facts: {
          program: {
            name: "run.sh",
            status: "found",
            path: "/opt/run.sh",
            interpreter: undefined,
            mode: 0o777,
            owner: 0,
          },
          fitness: { changeablePrograms: { count: 1, paths: ["/opt/run.sh"] } },
        },
      },
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
    const { count, paths } = fitness.changeablePrograms;
    const others = paths.filter((path) => path !== image.program.path);
    const found = { count: count - (paths.length - others.length), paths: others };
    if (found.count === 0) return;
    yield {
      message: `${plural(found.count, "program", "programs")} of the image can be changed by others than root: ${someOfFound(found)}.`,
      fix: fixOf(
        "Give them to root and close them.",
        "RUN chown -R root:root /opt/app && chmod -R go-w /opt/app",
      ),
      location: { imagePath: others[0] ?? "/" },
      subjects: ["programs-writable"],
    };
  },
});
