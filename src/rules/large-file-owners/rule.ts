import { plural } from "../../findings/counting.ts";
import { fixOf } from "../helpers.ts";
import { filesNotRead, someOfFound } from "../image-files.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"image">({
  id: "large-file-owners",
  title: "Files in the image belong to users with large numbers",
  category: "users",
  needs: "image",
  severity: "warning",
  requirements: [],
  why: "Rootless Podman has 65,536 numbers for users and groups. It cannot unpack a layer with a file of a larger one: “potentially insufficient UIDs or GIDs available”. The file may be in any layer, also where a later one deletes it.",
  fix: "Give the files to root in the instruction that makes them: COPY --chown=root:root, or tar --no-same-owner.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "unpacked with the owner of another machine",
        facts: { fitness: { largeIds: { count: 40, paths: ["/opt/tool/bin/tool"] } } },
      },
    ],
    good: [
      { title: "all have room", facts: {} },
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
    const { largeIds } = fitness;
    if (largeIds.count === 0) return;
    yield {
      message: `${plural(largeIds.count, "path", "paths")} in the image's layers ${largeIds.count === 1 ? "has" : "have"} an owner or a group above 65,535, which rootless Podman cannot unpack: ${someOfFound(largeIds)}.`,
      fix: fixOf(
        "Give them to root where they are made; a later chown leaves them in their layer.",
        "RUN tar --no-same-owner -xf <archive>",
      ),
      location: { imagePath: largeIds.paths[0] ?? "/" },
    };
  },
});
