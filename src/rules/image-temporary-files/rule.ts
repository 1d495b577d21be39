import { fixOf, isWithin, listOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

const VARIABLES = ["TMPDIR", "TMP", "TEMP"] as const;
const environment = (variables: Readonly<Record<string, string>>): { environment: Map<string, string> } => ({
  environment: new Map(Object.entries({ PATH: "/usr/bin", ...variables })),
});

export default defineRule<"image">({
  id: "image-temporary-files",
  title: "The image does not send temporary files to the scratch space",
  category: "directories",
  needs: "image",
  severity: "warning",
  requirements: ["DIR-09"],
  why: "Space inside the container is small and may become read-only, while /scratch is made for temporary files. Programs look at different variables, so all three have to be set.",
  fix: "Set TMPDIR, TMP and TEMP to /scratch with ENV.",
  aliases: [],
  examples: {
    bad: [
      { title: "none is set", facts: environment({}) },
      { title: "one is", facts: environment({ TMPDIR: "/scratch" }) },
      {
        title: "elsewhere",
        facts: environment({ TMPDIR: "/var/tmp", TMP: "/scratch", TEMP: "/scratch" }),
      },
    ],
    good: [
      {
        title: "all three",
        facts: environment({ TMPDIR: "/scratch", TMP: "/scratch/", TEMP: "/scratch/tmp" }),
      },
    ],
  },
  *check(image, profile) {
    const scratch = profile.directories.scratch.value;
    const wrong = VARIABLES.filter((name) => {
      const path = image.environment.get(name);
      return path === undefined || !isWithin(path.replace(/\/+$/, ""), scratch);
    });
    if (wrong.length === 0) return;
    const elsewhere = wrong.some((name) => image.environment.has(name));
    const one = wrong.length === 1;
    yield {
      message: elsewhere
        ? `${listOf(wrong)} ${one ? "does" : "do"} not point to ${scratch} in the image, so that temporary files end up elsewhere.`
        : `The image does not set ${listOf(wrong)}, so that temporary files may end up outside ${scratch}.`,
      fix: fixOf("Set all three.", `ENV TMPDIR=${scratch} TMP=${scratch} TEMP=${scratch}`),
      location: { imagePath: "config" },
      subjects: ["config:temporary-files", "temporary-files"],
    };
  },
});
