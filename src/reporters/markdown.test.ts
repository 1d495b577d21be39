import fc from "fast-check";
import MarkdownIt from "markdown-it";
import { describe, expect, it } from "vitest";
import type { Report } from "../evidence/report.ts";
import { renderMarkdown } from "./markdown.ts";
import { markdownCode, markdownText } from "./markdown-text.ts";
import { clearReport, HOSTILE, lintReport, notClearReport } from "./page/sample-report.ts";

const reader = new MarkdownIt({ html: true });

/** What GitHub makes links and mentions of, in words that lie together (its extended autolinks). */
const LINKED = /(?:https?|ftp):\/\/|\bwww\.|[\w.+-]@[\w-]+\.|(?:^|\s|\()@\w|(?:^|\s|\()#\d|\bGH-\d/i;

const OURS = /^(?:<details><summary>[^<>]*<\/summary>\s*|<\/details>\s*|<sub>|<\/sub>|<!-- -->)$/;

/** All that Markdown made of a text which is more than words. */
function made(markdown: string): string[] {
  const tokens = reader.parse(markdown, {}).flatMap((token) => [token, ...(token.children ?? [])]);
  return tokens.flatMap(({ type, content }) => {
    if (type === "html_block" || type === "html_inline")
      return OURS.test(content) ? [] : [`${type} ${content}`];
    if (type === "text" && LINKED.test(content)) return [`would be linked: ${content}`];
    return /^(?:link|image|autolink|em_|s_|code_inline)/.test(type) ? [type] : [];
  });
}

describe("Markdown", () => {
  it("says what matters first", () => {
    const text = renderMarkdown(notClearReport);
    expect(text).toMatch(/^## ❌ Not clear: /);
    expect(text.indexOf("What would stop the job")).toBeLessThan(text.indexOf("<details>"));
    expect(text).toContain("not assessed, which is no pass");
    expect(renderMarkdown(clearReport)).toMatch(/^## ✅ Clear/);
    expect(renderMarkdown(lintReport)).toMatch(/^## /);
  });

  it.each([notClearReport, clearReport, lintReport])("makes nothing of what it quotes", (report) => {
    expect(made(renderMarkdown(report))).toEqual([]);
  });

  it.each([
    ...Object.values(HOSTILE),
    "[a](http://evil.example)",
    "![x](//evil.example/x.png)",
    "https://evil.example/a?b=c",
    "www.evil.example",
    "<https://evil.example>",
    "mail me@evil.example",
    "`code` *strong* __strong__ ~~gone~~",
    "a | b | c",
    "- a list",
    "1. a list",
    "# a title",
    "see #12, GH-12 and @somebody",
    "&lt;b&gt; &#60;b&#62;",
    "line\n\n<b>break</b>\n- list",
  ])("shows as text: %s", (text) => {
    expect(made(`- ${markdownText(text)}\n\n| a |\n|---|\n| ${markdownText(text)} |\n`)).toEqual([]);
    const tokens = reader.parse(markdownText(text), {}).map(({ type }) => type);
    // Of some nothing is left to be seen.
    expect(tokens).toEqual(tokens.length === 0 ? [] : ["paragraph_open", "inline", "paragraph_close"]);
  });

  it("shows any text as text", () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom(
        ...Object.values(HOSTILE),
        "](",
        "![",
        "http://x.example",
        "www.x",
        "<a>",
        "\n",
        "`",
        "*",
        "_",
        "- ",
      ),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        expect(made(`- ${markdownText(parts.join(""))}\n`)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("keeps code in its fence", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("```", "````\n", "text\n", "~~~\n", "</details>", "\n")),
        (parts) => {
          const tokens = reader.parse(markdownCode(parts.join("")), {});
          expect(tokens.map(({ type }) => type)).toEqual(["fence"]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("fits into a comment, and counts what does not", () => {
    const [finding] = notClearReport.findings;
    if (finding === undefined) throw new Error("the sample has findings");
    const many: Report = {
      ...notClearReport,
      findings: Array.from({ length: 3000 }, (_, index) => ({
        ...finding,
        message: `${"long ".repeat(60)}${index}`,
      })),
    };
    const text = renderMarkdown(many);
    expect(text.length).toBeLessThan(65_536);
    expect(text).toMatch(/\d[\d,]* parts did not fit; the report has all of it\./);
    expect(made(text)).toEqual([]);
  });

  it("fits a comment even where nothing but signs to break is in the first lines", () => {
    const signs = "@".repeat(20_000);
    const text = renderMarkdown({
      ...notClearReport,
      summary: signs,
      subject: { ...notClearReport.subject, name: signs, imageId: signs, imageDigest: signs },
      profile: { ...notClearReport.profile, title: signs, version: signs },
      steps: notClearReport.steps.map((step) => ({ ...step, status: "failed", reason: signs })),
    });
    expect(text.length).toBeLessThan(65_536);
    expect(text).toContain("did not fit; the report has all of it");
  });
});
