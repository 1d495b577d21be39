import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Report } from "../../evidence/report.ts";
import { sizeOf } from "../../findings/counting.ts";
import type { Finding } from "../../findings/finding.ts";
import { shellWord } from "../../findings/shell-word.ts";
import { css } from "./css.ts";
import { largeReport } from "./large-report.ts";
import { renderHtml } from "./render.tsx";
import { clearReport, HOSTILE, lintReport, notClearReport } from "./sample-report.ts";
import { script } from "./script.ts";
import { placeBoxes } from "./squares.ts";
import { duration, when } from "./words.ts";

const REPORTS = { "not clear": notClearReport, clear: clearReport, "lint alone": lintReport };
const text = (html: string): string =>
  html
    .replace(/<style>[^<]*<\/style>/, "")
    .replace(/<script>[^<]*<\/script>/, "")
    .replace(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");

test("lists requirements that are not met first, then what was not assessed", () => {
  const html = renderHtml(notClearReport);
  const place = ({ id }: { id: string }): number => html.indexOf(`id="req-${id}"`);
  const shown = notClearReport.requirements
    .filter(({ scope }) => scope === "image")
    .sort((a, b) => place(a) - place(b))
    .map(({ status }) => status);
  const order = ["fail", "not-assessed", "waived", "pass"];
  expect(shown).toEqual(order.flatMap((status) => shown.filter((one) => one === status)));
  expect(new Set(shown).size).toBe(order.length);
});

describe.each(Object.entries(REPORTS))("the page of a report that is %s", (_, report) => {
  const html = renderHtml(report);

  test("names every requirement once as a row of its own", () => {
    for (const { id } of report.requirements) expect(html.split(`id="req-${id}"`)).toHaveLength(2);
  });

  test("allows its own style and its own script, and nothing else", () => {
    const [, style = ""] = /<style>([^<]*)<\/style>/.exec(html) ?? [];
    const [, code = ""] = /<script>([^<]*)<\/script>/.exec(html) ?? [];
    const hash = (part: string): string => createHash("sha256").update(part).digest("base64");
    expect(code).toBe(script);
    expect(html).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash(style)}'; script-src 'sha256-${hash(code)}'; base-uri 'none'; form-action 'none'"`,
    );
    expect(html.match(/<style/g)).toHaveLength(1);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toMatch(/ style=/);
  });

  test("loads nothing, and runs nothing but its own script", () => {
    const tags = html.replace(script, "").match(/<[a-z][^>]*>/g) ?? [];
    expect(
      tags.filter((tag) =>
        /^<(?:script\b.|img|link|iframe|object|embed|base|form|source|video|audio)\b/.test(tag),
      ),
    ).toEqual([]);
    expect(tags.filter((tag) => /\s(?:src|srcset|action|data|xlink:href|on\w+)=/.test(tag))).toEqual([]);
    expect(tags.filter((tag) => /\shref="(?!#)/.test(tag))).toEqual([]);
    expect(css).not.toMatch(/url\(|@import|@font-face/);
  });

  test("every link on it leads somewhere, and no id is given twice", () => {
    const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = [...html.matchAll(/\shref="#([^"]*)"/g)].map(([, id]) => id);
    expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
  });

  test("holds no character that moves the cursor or turns the text", () => {
    expect(html).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  });

  test("levels of headings never skip one", () => {
    const levels = [...html.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    for (const [index, level] of levels.entries())
      expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1);
  });

  test("every table has a caption, and every heading cell a scope", () => {
    expect(html.split("<table").length).toBe(html.split("<caption").length);
    expect(html).not.toMatch(/<th(?![a-z])(?![^>]*scope=)/);
  });
});

describe("what the page says", () => {
  const page = text(renderHtml(notClearReport));

  test("hostile text is only text", () => {
    for (const part of [HOSTILE.script, HOSTILE.image, HOSTILE.style]) expect(page).toContain(part);
    expect(page).toContain("\\x1b[2J\\x1b]0;owned\\x07");
    expect(page).toContain("\\u{202e}gnp.exe\\u{202c}");
  });

  test("the answer first, then what was seen, then the record", () => {
    const html = renderHtml(notClearReport);
    const sections = [...html.matchAll(/<section id="([^"]*)"/g)].map(([, id]) => id);
    expect(sections.join(" ")).toBe(
      "verdict image ways findings requirements not-shown network writes run runtimes space vulnerabilities packages contents fitness waived provenance verify notes limits",
    );
  });

  test("no scan is said in the first lines, and only then", () => {
    expect(page).toContain("No vulnerability scan was made. Trivy was not found.");
    expect(text(renderHtml(clearReport))).not.toContain("No vulnerability scan");
    expect(text(renderHtml(lintReport))).toContain("No vulnerability scan was made.");
  });

  test("who scanned, what is exploited, what is waived until when, and which licences bind", () => {
    const said = text(renderHtml(clearReport));
    for (const words of [
      "grype",
      "KEV (CISA) of 2026-11-19",
      "medium (known to be exploited, EPSS 1.4 %)",
      "until 2027-01-31",
      "GPL-3.0-only",
    ])
      expect(said).toContain(words);
  });

  test("the command to compare the image with", () => {
    expect(page).toContain("podman image inspect --format '{{.Id}}' localhost/heart-risk:check");
    const nasty = {
      ...notClearReport,
      subject: { ...notClearReport.subject, imageReference: "x; rm -rf '~'" },
    };
    expect(text(renderHtml(nasty))).toContain("'{{.Id}}' 'x; rm -rf '\\''~'\\'''");
  });

  test("waivers with reason, name and end", () => {
    expect(page).toMatch(
      /The Safe Haven sets the user itself; the base image needs root to build\..*A\. Researcher.*31 March 2027/,
    );
  });

  test("the lines of a fix stand alone, to be pasted", () => {
    expect(renderHtml(notClearReport)).toContain(
      '<pre class="paste"><code>ENV HF_HOME=/opt/hf\nRUN hf download bert-base-uncased &amp;&amp; chmod -R a+rX /opt/hf\nENV HF_HUB_OFFLINE=1</code></pre>',
    );
  });

  test("errors first, waived last", () => {
    const order = [...renderHtml(notClearReport).matchAll(/<article id="finding-(\d+)"/g)].map(([, n]) => n);
    expect(order).toEqual(["1", "2", "3", "4", "5"]);
    const turned = { ...notClearReport, findings: notClearReport.findings.toReversed() };
    const titles = [...renderHtml(turned).matchAll(/<article[^>]*><h3[^>]*>([^<]*)/g)].map(
      ([, title]) => title,
    );
    expect(titles.at(-1)).toBe("The image starts as root");
    expect(titles.slice(0, 2)).toContain("The program waits for the internet");
  });

  test("what differs only in where it was seen stands together, each with its own anchor", () => {
    const [first, ...rest] = notClearReport.findings;
    if (first === undefined) throw new Error("the sample has findings");
    const again = { ...first, message: "It wanted another host too." };
    const html = renderHtml({ ...notClearReport, findings: [first, again, ...rest] });
    const articles = [...html.matchAll(/<article id="(finding-\d+)".*?<\/article>/gs)];
    expect(articles.map(([, id]) => id)).not.toContain("finding-2");
    const [together = ""] = articles.find(([, id]) => id === "finding-1") ?? [];
    expect(together).toMatch(/2 times.*<li id="finding-2"><p>It wanted another host too\./s);
    expect(together.match(/<h4>Fix<\/h4>/g)).toHaveLength(1);
    expect(html).toContain(`${first.title}</a> (2 times)`);
  });

  test("further runs are shown when there were some", () => {
    const future = notClearReport.recording && {
      ...notClearReport.recording,
      runtime: "future",
      rootFileSystem: "read-only" as const,
    };
    expect(text(renderHtml({ ...notClearReport, others: future === null ? [] : [future] }))).toContain(
      "Run in future",
    );
    expect(page).not.toContain("Run in future");
  });

  test("many thousands of rows do not make a page that nobody can open", () => {
    const { recording } = notClearReport;
    if (recording === null) throw new Error("the sample has a run");
    const write = {
      path: "/x",
      operation: "open",
      process: { pid: 1, command: "x", executable: "/x" },
      count: 1,
      reason: "no",
    };
    const many = { ...recording, failedWrites: Array.from({ length: 20_000 }, () => write) };
    const html = renderHtml({ ...notClearReport, recording: many });
    expect(html.length).toBeLessThan(1_000_000);
    expect(text(html)).toContain("19,500 more rows");
  });

  test("the same report gives the same page", () => {
    expect(renderHtml(notClearReport)).toBe(renderHtml(structuredClone(notClearReport)));
  });
});

test("words for values", () => {
  expect([duration(0), duration(42.63), duration(200), duration(7200), duration(Number.NaN)]).toEqual([
    "0 s",
    "42.6 s",
    "3 min 20 s",
    "2 h",
    "unknown",
  ]);
  expect([sizeOf(1), sizeOf(999), sizeOf(1000), sizeOf(999_999), sizeOf(412_300_000)]).toEqual([
    "1 byte",
    "999 bytes",
    "1.0 kB",
    "1.0 MB",
    "412 MB",
  ]);
  expect([when("2026-07-22"), when("2026-11-23T14:05:09.120Z"), when("2026-99-99"), when("soon")]).toEqual([
    "22 July 2026",
    "23 November 2026 at 14:05 UTC",
    "2026-99-99",
    "soon",
  ]);
  expect([shellWord("a/b:c"), shellWord(""), shellWord("it's")]).toEqual(["a/b:c", "''", "'it'\\''s'"]);
});

describe("contrast of WCAG 2.2 AA", () => {
  const dark = css.indexOf("@media (prefers-color-scheme: dark)");
  const schemes = { light: css.slice(0, dark), dark: css.slice(dark, css.indexOf("box-sizing")) };
  const luminance = (hex: string): number => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a: string, b: string): number => {
    const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  test.each(["light", "dark"] as const)("%s", (scheme) => {
    const colours = new Map(
      [...schemes[scheme].matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name, hex]) => [name, hex]),
    );
    const colour = (name: string): string => colours.get(name) ?? "missing";
    const low: string[] = [];
    for (const front of ["ink", "quiet", "link", "good", "bad", "warn"]) {
      for (const back of ["page", "surface", "sunk", "good-tint", "bad-tint", "warn-tint"]) {
        const value = ratio(colour(front), colour(back));
        if (!(value >= 4.5)) low.push(`${front} on ${back}: ${value.toFixed(2)}`);
      }
    }
    if (!(ratio(colour("mark-ink"), colour("mark")) >= 4.5)) low.push("mark");
    for (const box of ["project", "mixed", "base"])
      if (!(ratio(colour("ink"), colour(box)) >= 4.5)) low.push(box);
    expect(colours.size).toBe(19);
    expect(low).toEqual([]);
  });
});

test("the page groups the items of a checklist", () => {
  const [one] = lintReport.requirements;
  if (one === undefined) throw new Error("the sample has requirements");
  const items = [
    { ...one, id: "G-1", status: "pass" as const, checklist: "Guide" },
    { ...one, id: "G-2", status: "fail" as const, checklist: "Guide" },
  ];
  const html = renderHtml({ ...lintReport, requirements: items });
  expect(text(html)).toContain("Checklist: Guide 1 failed, 1 shown");
  expect(html.split('id="req-G-2"')).toHaveLength(2);
});

describe("what the run used", () => {
  const html = renderHtml(notClearReport);

  test("is drawn, each curve with its words and with its limit where that is near", () => {
    expect(html.match(/<figure class="curve">/g)).toHaveLength(6);
    expect(html).toContain('aria-label="Memory over 74.2 s: at most 1.2 GiB, limit 4 GiB"');
    expect(html).toContain('aria-label="/dev/shm over 74.2 s: at most 64 MiB, limit 64 MiB"');
    expect(html).not.toMatch(/points="[^"]*NaN/);
    expect(text(html)).toContain("There was no room left: /dev/shm after 62 s");
  });

  test("is told in a table, with how it was measured", () => {
    expect(text(html)).toContain("the container's own account");
    expect(html).toContain('<svg role="img"');
  });

  test("is not drawn where nothing was measured", () => {
    expect(renderHtml(clearReport)).not.toContain('class="curve"');
  });

  test("processes stand below the one that started them, and end in words", () => {
    const words = text(html);
    expect(words).toContain("SIGKILL");
    expect(words).toContain("it was read, and empty (by python3");
    expect(words).toContain("/usr/bin/sudo");
    expect(words).toContain("0.0.0.0:6006");
  });
});

describe("what takes the room, on the page", () => {
  const page = renderHtml(notClearReport);

  test("is a picture whose boxes have names, with tables behind it", () => {
    for (const words of [
      "/usr/lib/x86_64-linux-gnu: 120 MB, 100 MB of it from the base",
      "the rest of /usr: 10 MB, from the base",
      "the cache of pip",
      "Models and corpora, which the job may need",
      "9,390 files, 279 MB",
    ])
      expect(page).toContain(words);
  });

  test("says that nothing is known without an image", () => {
    expect(renderHtml(lintReport)).toContain("nothing is said about their sizes");
  });

  test("fills its area without gaps, whatever the sizes are", () =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 1e12, noNaN: true }), { minLength: 1, maxLength: 30 }),
        (sizes) => {
          const parts = sizes.map((bytes, index) => ({
            path: `/${index}`,
            bytes,
            fromBase: null,
            parts: [],
          }));
          const bytes = sizes.reduce((sum, one) => sum + one, 0);
          const placed = placeBoxes(
            { path: "/", bytes, fromBase: null, parts },
            { x: 0, y: 0, width: 880, height: 420 },
          );
          expect(placed.length).toBe(sizes.length);
          for (const { x, y, width, height, box } of placed) {
            expect(x + width).toBeLessThanOrEqual(880.001);
            expect(y + height).toBeLessThanOrEqual(420.001);
            expect((width * height) / (880 * 420)).toBeCloseTo(box.bytes / bytes, 4);
          }
        },
      ),
    ));
});

describe("the packages on the page", () => {
  const page = text(renderHtml(notClearReport));

  test("are there with licence, layer, and what lies in them", () => {
    expect(page).toContain("6 packages in 3 layers; the image says that it is debian 12");
    expect(page).toContain("wheel 0.38.4");
    expect(page).toContain("BSD-3-Clause OR MIT");
    expect(page).toContain("until layer 3 RUN pip uninstall -y six");
  });

  test("say what was not looked at, and that there was no image", () => {
    expect(page).toContain("Not looked at: modules of programs that were built with Go before 1.18.");
    expect(text(renderHtml(lintReport))).toContain("nothing is said about what is installed in one");
  });
});

describe("the tree of writes", () => {
  const at = (paths: readonly string[]): string => {
    const { recording } = notClearReport;
    const [write] = recording?.failedWrites ?? [];
    if (recording === null || write === undefined) throw new Error("the sample has refused writes");
    const failedWrites = paths.map((path) => ({ ...write, path, count: 1, reason: "denied" }));
    const html = renderHtml({ ...notClearReport, recording: { ...recording, failedWrites } });
    return /<figure class="tree">.*?<\/figure>/s.exec(html)?.[0] ?? "";
  };

  test("names a folder once, with what lies in it, and joins those that hold one thing", () => {
    const tree = at(["/opt/app/cache/b", "/opt/app/cache/a", "/opt/other", "/x"]);
    expect(text(tree).match(/refused/g)).toHaveLength(4);
    expect(tree).toContain('<code>/opt/</code> <span class="quiet">4 paths</span>');
    expect(tree).toContain('<code>app/</code> <span class="quiet">3 paths</span>');
    expect(tree).toMatch(
      /<code>cache\/<\/code>.*<code>a<\/code>.*<code>b<\/code>.*<code>results\.csv<\/code>/s,
    );
    expect(text(tree)).toContain("/x refused denied");
  });

  test("a folder that could not be made stands above what was to lie in it", () => {
    const tree = at(["/.cache/waiting/x", "/.cache"]);
    expect(text(tree)).toMatch(/\/\.cache\/ refused denied\s*waiting\/x refused denied/);
    expect(tree.split(".cache")).toHaveLength(2);
    expect(text(at(["/a", "/a", "/a/b"])).match(/refused/g)).toHaveLength(3);
  });

  test("says what was lost, with its size", () => {
    expect(text(at([]))).toContain("/opt/app/results.csv lost 20 kB");
  });

  test("counts what a folder has beyond what is drawn", () => {
    const tree = text(at(Array.from({ length: 100 }, (_, index) => `/scratch/${index}`)));
    expect(tree).toContain("/scratch/ 100 paths");
    expect(tree).toContain("and 94 more paths");
  });

  test("is neither deep nor long, whatever the paths are", () => {
    const tree = at(Array.from({ length: 3000 }, (_, index) => `/${"d/".repeat(index % 200)}${index}`));
    expect(tree.length).toBeLessThan(60_000);
    expect(text(tree)).toContain("The first 2,000 of 3,001.");
    let depth = 0;
    const depths = [...tree.matchAll(/<(\/?)ul>/g)].map(([, end]) => {
      depth += end === "" ? 1 : -1;
      return depth;
    });
    expect(Math.max(...depths)).toBeLessThanOrEqual(12);
    expect(text(at(["", "/", "//"]))).toContain("/ refused");
  });
});

describe("more than anybody reads", () => {
  const [first] = notClearReport.findings;
  if (first === undefined) throw new Error("the sample has findings");
  const findings = (count: number, change: (index: number) => Partial<Finding>) =>
    Array.from({ length: count }, (_, index) => ({ ...first, ...change(index) }));

  test("of findings alike is counted, and no link leads to what is left out", () => {
    const html = renderHtml({
      ...notClearReport,
      findings: findings(3000, (index) => ({
        message: `number ${index}`,
        waived: { reason: "accepted" },
      })),
    });
    expect(text(html)).toContain("2,900 more findings are in report.json");
    const ids = new Set([...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id));
    for (const [, target] of html.matchAll(/\shref="#([^"]*)"/g)) expect(ids).toContain(target);
  });

  test("of findings that differ is counted too", () => {
    const html = renderHtml({
      ...notClearReport,
      findings: findings(4000, (index) => ({ title: `number ${index}` })),
    });
    expect(text(html)).toContain("2,500 more findings are in report.json");
    expect(html.match(/<article /g)).toHaveLength(1500);
  });

  test("of packages is shared out over their kinds", () => {
    const html = renderHtml(largeReport(20_000, 1));
    const rows = /<section id="packages".*?<\/section>/s.exec(html)?.[0].split("<tr").length ?? 0;
    expect(rows).toBeGreaterThan(4900);
    expect(rows).toBeLessThan(5100);
  });

  test("2,000 packages and 1,000 findings make a page below 3 MB", () => {
    expect(Buffer.byteLength(renderHtml(largeReport(2000, 1000)))).toBeLessThan(3_000_000);
  });
});

describe("strings of 10 MB in any place of a report", () => {
  const long = `${HOSTILE.script}${HOSTILE.escape}${HOSTILE.bidi}`.repeat(220_000);
  /** Every string replaced but those that stand for one of a few values. */
  const KEPT = new Set(
    "schema command verdict id status severity level force scope type kind cause protocol runtime rootFileSystem origin measured known state startedAt documentsRead".split(
      " ",
    ),
  );
  const swollen = (value: unknown, key = ""): unknown => {
    if (typeof value === "string") return KEPT.has(key) ? value : long;
    if (Array.isArray(value)) return value.map((one) => swollen(one, key));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, swollen(one, name)]));
  };

  test("make a page that opens, and are text on it", () => {
    expect(long.length).toBeGreaterThan(10_000_000);
    const { engine, findings, ...rest } = notClearReport;
    const html = renderHtml({
      ...(swollen(rest) as Omit<Report, "engine" | "findings">),
      engine,
      findings: findings.map((finding) => ({ ...finding, title: long, message: long, fix: long })),
    });
    expect(Buffer.byteLength(html)).toBeLessThan(3_000_000);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  }, 60_000);
});

test("layers are drawn too, and vulnerabilities by severity and origin, each with its table", () => {
  const html = renderHtml(notClearReport);
  expect(html).toContain(
    "<title>2 RUN pip install pandas # &lt;script>alert(1)&lt;/script>: 281 MB, from the project’s layers</title>",
  );
  expect(html).toContain("The layers of the image");
  expect(html).toContain("Known vulnerabilities by severity and origin");
  expect(html.match(/<figure class="severities">.*?<\/figure>/s)?.[0]).not.toContain("NaN");
});

test("both readers are told what stands where, in numbers", () => {
  const [ways = ""] = /<section id="ways".*?<\/section>/s.exec(renderHtml(notClearReport)) ?? [];
  const words = text(ways);
  for (const part of [
    "2 things stop the job, 1 piece of advice",
    "2 refused, 1 in the wrong place",
    "1 of 10 requirements; 4 failed",
    "4 requirements",
    "1 finding was waived",
    "1 critical, 1 medium",
  ])
    expect(words).toContain(part);
  expect(text(renderHtml(lintReport))).toContain("no image was looked at");
});

test("provenance names the files that were judged, and the programs", () => {
  const page = text(
    renderHtml({
      ...notClearReport,
      files: [{ kind: "source", path: `src/${HOSTILE.script}`, sha256: "5e".repeat(32) }],
      tools: [{ name: "ShellCheck", version: "0.10.0" }],
      profile: { ...notClearReport.profile, sha256: "7a".repeat(32) },
    }),
  );
  for (const part of ["5e".repeat(32), `src/${HOSTILE.script}`, "ShellCheck 0.10.0", "7a".repeat(32)])
    expect(page).toContain(part);
  expect(page).toContain("pratique verify . --key pratique.pub --image localhost/heart-risk:check");
});
