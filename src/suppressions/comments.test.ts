import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { dockerfileWaivers, textWaivers } from "./comments.ts";

const read = (...lines: string[]) =>
  dockerfileWaivers(parseDockerfile(lines.join("\n"))).map(
    ({ rule, lines: reach, reason, by, until, source }) => ({
      rule,
      ...(reach === undefined ? {} : { lines: [reach.first, reach.last] }),
      ...(reason === "" ? {} : { reason }),
      ...(by === undefined ? {} : { by }),
      ...(until === undefined ? {} : { until }),
      source,
    }),
  );

describe("dockerfileWaivers", () => {
  it("reads our own comment for the instruction below", () => {
    expect(
      read(
        "FROM a",
        '# pratique allow=root-user,DL3008 reason="the base needs it" by="IG, J." until=2027-01-31',
        "",
        "RUN a \\",
        "  && b",
      ),
    ).toEqual([
      {
        rule: "root-user",
        lines: [4, 5],
        reason: "the base needs it",
        by: "IG, J.",
        until: "2027-01-31",
        source: "comment",
      },
      {
        rule: "DL3008",
        lines: [4, 5],
        reason: "the base needs it",
        by: "IG, J.",
        until: "2027-01-31",
        source: "comment",
      },
    ]);
  });

  it("reads our own comment for the file, and for one line inside a long RUN", () => {
    expect(
      read(
        "# pratique allow-file=users reason='agreed'",
        "FROM a",
        "RUN a \\",
        "# pratique allow=sudo-in-run reason=test",
        "  && sudo b \\",
        "  && c",
      ),
    ).toEqual([
      { rule: "users", reason: "agreed", source: "comment" },
      { rule: "sudo-in-run", lines: [5, 5], reason: "test", source: "comment" },
    ]);
  });

  it("reads hadolint's, with the words beside it as the reason", () => {
    expect(
      read(
        "# hadolint global ignore=DL3006,SC2046",
        "FROM a",
        "# versions are pinned by the snapshot",
        "# hadolint ignore=DL3008, DL3009",
        "RUN x",
        "# hadolint ignore=DL3015 ; needed by R",
        "RUN y",
      ),
    ).toEqual([
      { rule: "hadolint:DL3006", source: "hadolint" },
      { rule: "hadolint:SC2046", source: "hadolint" },
      {
        rule: "hadolint:DL3008",
        lines: [5, 5],
        reason: "versions are pinned by the snapshot",
        source: "hadolint",
      },
      {
        rule: "hadolint:DL3009",
        lines: [5, 5],
        reason: "versions are pinned by the snapshot",
        source: "hadolint",
      },
      { rule: "hadolint:DL3015", lines: [7, 7], reason: "needed by R", source: "hadolint" },
    ]);
  });

  it("reads Trivy's, Checkov's and BuildKit's", () => {
    expect(
      read(
        "# check=skip=StageNameCasing,JSONArgsRecommended;error=true",
        "# checkov:skip=CKV_DOCKER_2:batch jobs need none",
        "#trivy:ignore:AVD-DS-0002 trivy:ignore:DS001:exp:2027-02-03",
        "FROM a",
        "RUN b",
        "FROM c",
      ),
    ).toEqual([
      { rule: "checkov:CKV_DOCKER_2", reason: "batch jobs need none", source: "checkov" },
      { rule: "trivy:AVD-DS-0002", lines: [4, 5], source: "trivy" },
      { rule: "trivy:DS001", lines: [4, 5], until: "2027-02-03", source: "trivy" },
      { rule: "buildkit:StageNameCasing", source: "buildkit" },
      { rule: "buildkit:JSONArgsRecommended", source: "buildkit" },
    ]);
  });

  it("takes nothing else for a waiver", () => {
    expect(
      read("FROM a", "# pratique is used here", "# hadolint shell=bash", "# allow=root-user", "RUN b"),
    ).toEqual([]);
  });

  it("never throws, and gives lines of the file", () => {
    const comment = fc
      .array(
        fc.constantFrom(
          "pratique",
          "allow=",
          "allow-file=",
          "hadolint",
          "ignore=",
          "DL1",
          ",",
          '"',
          "reason=",
          " ",
          "trivy:ignore:",
          "x",
        ),
      )
      .map((words) => `#${words.join("")}`);
    const line = fc.oneof(comment, fc.constantFrom("FROM a", "RUN b \\", "  c", "", "ENV a=b"));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        for (const waiver of dockerfileWaivers(parseDockerfile(lines.join("\n")))) {
          expect(waiver.location?.startLine).toBeLessThanOrEqual(lines.length);
          expect(waiver.rule).not.toBe("");
        }
      }),
    );
  });
});

describe("textWaivers", () => {
  it("speaks for its own line, or for the one below", () => {
    const text = [
      "import x",
      'nltk.download("punkt")  # pratique allow=unproven-offline-use reason="only on the desktop"',
      "# pratique allow=hugging-face-home reason='set by the job'",
      "load()",
      "s = 'pratique allow=x'",
    ].join("\n");
    expect(textWaivers(text, "a.py").map(({ rule, lines, path }) => [rule, lines?.first, path])).toEqual([
      ["unproven-offline-use", 2, "a.py"],
      ["hugging-face-home", 4, "a.py"],
    ]);
  });
});
