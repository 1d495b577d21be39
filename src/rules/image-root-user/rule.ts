import { fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"image">({
  id: "image-root-user",
  title: "The image's own user is root",
  category: "users",
  needs: "image",
  severity: "warning",
  requirements: ["IMG-09", "BG-04"],
  why: "The Safe Haven starts jobs as a user of its own and refuses root. An image that is already built for an ordinary user shows the problems with permissions on the laptop, not inside.",
  fix: "Make a system user without a fixed id and select it before the start command.",
  aliases: ["dockle:CIS-DI-0001", "scout:default-non-root-user"],
  examples: {
    bad: [
      { title: "none is set", facts: { user: "" } },
      { title: "root by name", facts: { user: "root" } },
      { title: "root by number, with a group", facts: { user: "0:0" } },
      {
        title: "another name for root",
        facts: { user: "toor", accounts: { passwd: "toor:x:0:0::/root:/bin/sh\n", group: undefined } },
      },
    ],
    good: [
      { title: "a system user", facts: { user: "nonroot" } },
      { title: "a number", facts: { user: "65532:65532" } },
    ],
  },
  *check({ user, accounts }) {
    const [name = ""] = user.split(":");
    const entry = accounts.passwd?.split("\n").find((line) => line.startsWith(`${name}:`));
    const isRoot = name === "" || /^(?:root|0+)$/.test(name) || entry?.split(":")[2] === "0";
    if (!isRoot) return;
    yield {
      message:
        name === ""
          ? "The image sets no user, so that it runs as root; the Safe Haven never runs jobs as root."
          : `The image's user is ${name.slice(0, 40)}${name === "root" ? "" : ", which is root"}; the Safe Haven never runs jobs as root.`,
      fix: fixOf(
        "Make a user and select it.",
        "RUN groupadd --system nonroot \\",
        "    && useradd --no-log-init --system --gid nonroot nonroot",
        "USER nonroot",
      ),
      location: { imagePath: "config" },
      subjects: ["config:user"],
    };
  },
});
