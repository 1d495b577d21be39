import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sizeOf } from "../../findings/counting.ts";
import { css } from "./css.ts";
import { renderHtml } from "./render.tsx";
import { clearReport, HOSTILE, lintReport, notClearReport } from "./sample-report.ts";
import { placeBoxes } from "./squares.ts";
import { duration, shellWord, when } from "./words.ts";

const REPORTS = { "not clear": notClearReport, clear: clearReport, "lint alone": lintReport };
const text = (html: string): string =>
  html
    .replace(/<style>[^<]*<\/style>/, "")
    .replace(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");

describe.each(Object.entries(REPORTS))("the page of a report that is %s", (_, report) => {
  const html = renderHtml(report);

  test("names every requirement once as a row of its own", () => {
    for (const { id } of report.requirements) expect(html.split(`id="req-${id}"`)).toHaveLength(2);
  });

  test("allows its own style and nothing else", () => {
    const [, style = ""] = /<style>([^<]*)<\/style>/.exec(html) ?? [];
    const hash = createHash("sha256").update(style).digest("base64");
    expect(html).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
    );
    expect(html.match(/<style/g)).toHaveLength(1);
    expect(html).not.toMatch(/ style=/);
  });

  test("loads nothing and runs nothing", () => {
    const tags = html.match(/<[a-z][^>]*>/g) ?? [];
    expect(
      tags.filter((tag) =>
        /^<(?:script|img|link|iframe|object|embed|base|form|source|video|audio)\b/.test(tag),
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

  test("in the reviewer's order", () => {
    const html = renderHtml(notClearReport);
    const sections = [...html.matchAll(/<section id="([^"]*)"/g)].map(([, id]) => id);
    expect(sections.slice(0, 7)).toEqual([
      "verdict",
      "image",
      "circumstances",
      "not-shown",
      "waived",
      "findings",
      "requirements",
    ]);
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
