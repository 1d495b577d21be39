import MarkdownIt from "markdown-it";
import { describe, expect, it } from "vitest";
import type { Sheet } from "../../handover/sheet.ts";
import { HOSTILE } from "../page/sample-report.ts";
import { handoverMarkdown } from "./markdown.ts";
import { handoverPage } from "./page.tsx";

const hostile = Object.values(HOSTILE).join(" ");
const sheet: Sheet = {
  title: `fit ${hostile}`,
  place: "the Safe Haven",
  warnings: ["Run `pratique check`.", hostile],
  facts: [
    { term: "Starts", code: `python ${hostile} \`x\`` },
    { term: "Check", text: `\`${hostile}\`` },
  ],
  open: [{ placeholder: "<port>", meaning: "`podman images` | shows it.", option: "--port" }],
  steps: [
    {
      title: "Submit",
      where: "on the desktop",
      parts: [{ text: `Use \`create\` ${hostile}` }, { commands: `echo '${hostile}'\n\`\`\`\n# end` }],
    },
  ],
  basis: ["Memory: 1 GiB."],
  remarks: [hostile, "an odd ` backtick", "/safe_outputs *itself*"],
  notImitated: ["GPUs."],
};

describe("the hand-over sheet", () => {
  it("is a page that loads nothing, runs nothing and shows data as text", () => {
    const html = handoverPage(sheet, "0.1.0");
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(html).toContain("default-src &#39;none&#39;".replace(/&#39;/g, "'"));
    expect(html).not.toMatch(/<script|<img|<link|javascript:|\u001b|\u202e/i);
    expect(html).toContain("<code>&lt;port></code>");
    expect(html).toContain("<code>create</code>");
  });

  it("is Markdown that shows data as text", () => {
    const text = handoverMarkdown(sheet, "0.1.0");
    const tokens = new MarkdownIt({ html: true })
      .parse(text, {})
      .flatMap((token) => [token, ...(token.children ?? [])]);
    const types = new Set(tokens.map(({ type }) => type));
    expect([...types].filter((type) => /^(?:link|image)/.test(type))).toEqual([]);
    const html = tokens.filter(({ type }) => type.startsWith("html")).map(({ content }) => content);
    expect(html.filter((content) => content !== "<!-- -->")).toEqual([]);
    expect(tokens.filter(({ type }) => type === "fence").map(({ info }) => info)).toEqual(["sh"]);
    const cells = tokens.filter(({ type }) => type === "td_open");
    expect(cells).toHaveLength(3);
    expect(tokens.find(({ type }) => type === "fence")?.content).toContain("# end");
    expect(text).not.toMatch(/\u001b|\u202e/);
  });
});
