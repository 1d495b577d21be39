import type { Draft, Severity } from "../../findings/finding.ts";
import { replacing } from "../edits.ts";
import { allSteps, at, fixOf } from "../helpers.ts";
import { type ExposedPort, exposedPorts, HIGHEST_PORT } from "../ports.ts";
import { defineRule } from "../rule.ts";

const PROTOCOLS = ["tcp", "udp", "sctp"];

export default defineRule<"dockerfile">({
  id: "malformed-port",
  title: "EXPOSE is not written as port/protocol",
  category: "syntax",
  needs: "dockerfile",
  severity: "warning",
  requirements: [],
  why: "EXPOSE names ports of the container only. Addresses and ports of the host are ignored today and will stop the build in a coming version; a word that is no port stops it already.",
  fix: "Write the number of the container's port, and the protocol in small letters: EXPOSE 8080/tcp.",
  aliases: ["buildkit:ExposeProtoCasing", "buildkit:ExposeInvalidFormat"],
  keywords: ["EXPOSE"],
  examples: {
    bad: [
      { title: "capital letters", dockerfile: "FROM python:3.12\nEXPOSE 80/TCP 81/Udp 82\n", lines: [2, 2] },
      {
        title: "an address and a port of the host",
        dockerfile: "FROM python:3.12\nEXPOSE 127.0.0.1:80:8080\nEXPOSE 5000-5005:5000-5005/tcp\n",
        lines: [2, 3],
      },
      {
        title: "an address of the newer kind",
        dockerfile: "FROM python:3.12\nEXPOSE [::1]:80:80\n",
        lines: [2],
      },
      { title: "no number", dockerfile: "FROM python:3.12\nEXPOSE http\n", lines: [2] },
      { title: "no such protocol", dockerfile: "FROM python:3.12\nEXPOSE 80/http\n", lines: [2] },
      {
        title: "in a builder stage",
        dockerfile: "FROM python:3.12 AS a\nEXPOSE 80:80\nFROM python:3.12\nRUN true\n",
        lines: [2],
      },
    ],
    good: [
      { title: "as it should be", dockerfile: "FROM python:3.12\nEXPOSE 80 81/udp 8000-8010/tcp 82/sctp\n" },
      { title: "a variable", dockerfile: "FROM python:3.12\nARG PORT\nEXPOSE $PORT/tcp\n" },
    ],
  },
  *check(facts) {
    for (const step of allSteps(facts)) {
      for (const exposed of exposedPorts(step)) {
        const wrong = wrongWith(exposed);
        if (wrong === undefined) continue;
        const { word } = exposed;
        const plain = word.raw === exposed.text;
        const edit: Pick<Draft, "edits"> =
          wrong.cure === undefined || !plain
            ? {}
            : { edits: [replacing(facts.dockerfile, word.range, wrong.cure)] };
        yield {
          message: wrong.message,
          severity: wrong.severity,
          aliases: peersOf(exposed),
          fix: fixOf("Name the container's port alone.", `EXPOSE ${wrong.cure ?? "8080"}`),
          ...at(facts.dockerfile, word.range),
          ...edit,
        };
      }
    }
  },
});

/** The peers' rules: they say nothing about what stops the build. */
const peersOf = ({ numbers, mapping, protocol }: ExposedPort): string[] =>
  numbers.length === 0 || !PROTOCOLS.includes(protocol.toLowerCase() || "tcp")
    ? []
    : [
        ...(mapping === "" ? [] : ["buildkit:ExposeInvalidFormat"]),
        ...(protocol === protocol.toLowerCase() ? [] : ["buildkit:ExposeProtoCasing"]),
      ];

function wrongWith({
  text,
  mapping,
  numbers,
  port,
  protocol,
}: ExposedPort): { message: string; severity: Severity; cure?: string } | undefined {
  // A port that cannot exist stops the build first, and is another rule's.
  if (numbers.some((number) => number > HIGHEST_PORT)) return undefined;
  const shown = text.slice(0, 80);
  const small = protocol.toLowerCase();
  if (numbers.length === 0) return { message: `EXPOSE ${shown} names no port number.`, severity: "error" };
  if (small !== "" && !PROTOCOLS.includes(small))
    return { message: `EXPOSE ${shown} names a protocol that is not known.`, severity: "error" };
  const cure = small === "" ? port : `${port}/${small}`;
  if (mapping !== "")
    return {
      message: `EXPOSE ${shown} also names an address or a port of the host, which an image cannot set.`,
      severity: "warning",
      cure,
    };
  if (small !== protocol)
    return { message: `EXPOSE ${shown} has its protocol in capital letters.`, severity: "info", cure };
  return undefined;
}
