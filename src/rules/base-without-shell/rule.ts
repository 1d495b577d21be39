import type { Instruction } from "../../dockerfile/model.ts";
import { namedBase } from "../base-image.ts";
import { at, copyParts, finalBase, finalSteps } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "base-without-shell",
  title: "The image has no shell for the job template",
  category: "job",
  needs: "dockerfile",
  severity: "info",
  requirements: [],
  why: "The cluster's job template starts a job through /bin/sh, which first makes a folder for it below /safe_outputs. A minimal image has no shell, so that the job has to be started otherwise.",
  fix: "Give the program itself as the command of the job, and let it make its own folder below /safe_outputs.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "Distroless",
        dockerfile: 'FROM gcr.io/distroless/python3-debian12:nonroot\nCOPY a.py /\nCMD ["/a.py"]\n',
        lines: [1],
      },
      {
        title: "nothing at all",
        dockerfile:
          'FROM golang:1.23 AS b\nRUN go build\nFROM scratch\nCOPY --from=b /fit /fit\nENTRYPOINT ["/fit"]\n',
        lines: [3],
      },
    ],
    good: [
      { title: "with a shell", dockerfile: "FROM python:3.12-slim\nRUN true\n" },
      {
        title: "a variant with a shell",
        dockerfile: "FROM gcr.io/distroless/base-debian12:debug\nCOPY a /\n",
      },
      {
        title: "a shell brought along",
        dockerfile: "FROM scratch\nCOPY --from=busybox:1.36 /bin/busybox /bin/sh\nCOPY fit /fit\n",
      },
      { title: "a whole system unpacked", dockerfile: "FROM scratch\nADD rootfs.tar.xz /\n" },
    ],
  },
  *check(facts) {
    const start = finalBase(facts);
    if (start === undefined) return;
    const { known, name, reference } = namedBase(start.base);
    const scratch = start.base.toLowerCase() === "scratch";
    if (!scratch && (known?.shell !== false || /debug|dev/.test(reference.tag ?? ""))) return;
    if (finalSteps(facts).some(({ instruction }) => bringsShell(instruction))) return;
    yield {
      message: `${scratch ? "An empty image" : name} has no shell, and the cluster's job template starts jobs through /bin/sh.`,
      fix: "Give the program itself as the command of the job, and let it make its own folder below /safe_outputs.",
      ...at(facts.dockerfile, start.stage.from.range),
    };
  },
});

/** A RUN in shell form, a whole file system or a shell by name: then there is one after all. */
function bringsShell(instruction: Instruction): boolean {
  if (instruction.keyword === "RUN") return instruction.exec === undefined;
  if (instruction.keyword !== "COPY" && instruction.keyword !== "ADD") return false;
  const { sources, target = "" } = copyParts(instruction);
  if ([...sources, target].some((path) => /(?:^|\/)(?:busybox|(?:ba|da)?sh)$/.test(path))) return true;
  return (
    target === "/" && sources.some((source) => source === "/" || /rootfs|\.tar|\.tgz|\.txz/.test(source))
  );
}
