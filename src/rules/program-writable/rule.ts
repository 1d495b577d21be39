import { fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

const program = {
  name: "run.sh",
  status: "found" as const,
  path: "/opt/run.sh",
  interpreter: undefined,
  mode: 0o755,
  owner: 0,
};

export default defineRule<"image">({
  id: "program-writable",
  title: "The program that starts the job can be changed by the job",
  category: "security",
  needs: "image",
  severity: "warning",
  requirements: ["IMG-10", "BG-05"],
  why: "A program that belongs to root and that nobody else can write is still the one that was reviewed when the job runs.",
  fix: "Copy it with --chown=root:root --chmod=555.",
  aliases: [],
  examples: {
    bad: [
      { title: "everyone may write", facts: { program: { ...program, mode: 0o777 } } },
      { title: "it belongs to a user", facts: { program: { ...program, owner: 1000 } } },
    ],
    good: [
      { title: "root's, and closed", facts: { program: { ...program, mode: 0o555 } } },
      {
        title: "not assessed when it was not found",
        facts: {
          program: { ...program, status: "missing", path: undefined, mode: undefined, owner: undefined },
        },
      },
    ],
  },
  *check(image) {
    const { path, mode, owner } = image.program;
    if (path === undefined || mode === undefined || owner === undefined) {
      yield {
        notAssessed: "the program that starts the job was not found, so its owner and mode are not known",
      };
      return;
    }
    const writable = (mode & 0o022) !== 0;
    if (!writable && owner === 0) return;
    yield {
      message: writable
        ? `${path} can be written by ${(mode & 0o002) !== 0 ? "everyone" : "its group"} (its mode is ${(mode & 0o7777).toString(8)}).`
        : `${path} belongs to the user ${owner}, who may change it.`,
      fix: fixOf("Give it to root and close it.", `RUN chown root:root ${path} && chmod 555 ${path}`),
      location: { imagePath: path },
    };
  },
});
