import { fixOf, isWithin } from "../helpers.ts";
import { defineRule } from "../rule.ts";

/** As dockle has them: what the kernel puts there. */
const SYSTEM = ["/sys", "/dev", "/proc"];

export default defineRule<"image">({
  id: "image-volume-in-system-folder",
  title: "The image declares a volume in a folder of the system",
  category: "directories",
  needs: "image",
  severity: "warning",
  requirements: [],
  why: "Folders such as /proc and /dev are filled by the machine when the container starts. A volume there hides what programs need, or reaches the machine itself.",
  fix: "Take the VOLUME out, or name a folder of your own.",
  aliases: ["dockle:DKL-DI-0002"],
  examples: {
    bad: [{ title: "the machine's devices", facts: { volumes: ["/dev"] } }],
    good: [
      { title: "none", facts: {} },
      { title: "a folder of its own", facts: { volumes: ["/opt/cache", "/dev/shm"] } },
    ],
  },
  *check({ volumes }) {
    for (const path of volumes) {
      if (path === "/dev/shm" || !SYSTEM.some((folder) => isWithin(path, folder))) continue;
      yield {
        message: `The image declares a volume at ${path.slice(0, 80)}, which belongs to the system.`,
        fix: fixOf("Take it out, or use a folder of your own.", "VOLUME /opt/cache"),
        location: { imagePath: "config" },
        subjects: [`config:volume:${path}`],
      };
    }
  },
});
