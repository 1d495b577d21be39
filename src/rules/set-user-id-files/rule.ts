import { plural } from "../../findings/counting.ts";
import { fixOf } from "../helpers.ts";
import { filesNotRead, pastable, someOfFound } from "../image-files.ts";
import { defineRule } from "../rule.ts";

/** What distributions bring: in every image, and without effect in a job. */
const USUAL =
  /^(?:\/usr)?\/(?:s?bin|lib|lib64|libexec)\/(?:.*\/)?(?:su|sg|mount|umount|passwd|chfn|chsh|chage|expiry|gpasswd|newgrp|newuidmap|newgidmap|unix_chkpwd|unix2_chkpwd|pam_extrausers_chkpwd|pam_timestamp_check|pam-tmpdir-helper|wall|write|bsd-write|ssh-agent|ssh-keysign|dbus-daemon-launch-helper|polkit-agent-helper-1|pkexec|fusermount3?|ping6?|crontab|dotlockfile|dotlock\.mailutils|utempter|mail-lock|mail-touchlock|mail-unlock|lockfile|procmail|exim4|gst-ptp-helper|chrome-sandbox|traceroute6\.iputils|userhelper|usernetctl|bbsuid|doas)$/;

export default defineRule<"image">({
  id: "set-user-id-files",
  title: "Programs in the image carry a set-user-ID mark",
  category: "security",
  needs: "image",
  severity: "info",
  requirements: [],
  why: "A program with this mark has the rights of its owner, mostly root, whoever starts it. The Safe Haven starts jobs without such rights, so that it does nothing there; reviewers ask about it all the same.",
  fix: "Take the mark off, or leave out the package that brings the program.",
  aliases: ["dockle:CIS-DI-0008"],
  examples: {
    bad: [
      {
        title: "sudo",
        facts: { fitness: { setUserId: { count: 2, paths: ["/usr/bin/su", "/usr/bin/sudo"] } } },
      },
      {
        title: "a program of one's own",
        facts: { fitness: { setUserId: { count: 1, paths: ["/opt/tool/helper"] } } },
      },
    ],
    good: [
      {
        title: "what every distribution brings",
        facts: {
          fitness: {
            setUserId: { count: 3, paths: ["/bin/mount", "/usr/bin/su", "/usr/sbin/unix_chkpwd"] },
          },
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
    const { count, paths } = fitness.setUserId;
    const others = paths.filter((path) => !USUAL.test(path));
    if (others.length === 0) return;
    const found = { count: others.length + count - paths.length, paths: others };
    yield {
      message: `${plural(found.count, "program has", "programs have")} a set-user-ID or set-group-ID mark that distributions do not bring: ${someOfFound(found)}.`,
      fix: fixOf("Take the marks off.", `RUN chmod ug-s ${others.slice(0, 3).map(pastable).join(" ")}`),
      location: { imagePath: others[0] ?? "/" },
    };
  },
});
