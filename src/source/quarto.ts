import type { SourceFacts } from "./facts.ts";

/** A Quarto document or project that makes PDF, and what it says about installing LaTeX. */
interface QuartoDocument {
  readonly file: string;
  readonly makesPdf: boolean;
  /** Undefined when nothing is said. */
  readonly latexAutoInstall: boolean | undefined;
  readonly line: number;
}

export function quartoDocument(file: string, text: string): QuartoDocument | undefined {
  const isProject = /(?:^|\/)_quarto\.ya?ml$/i.test(file);
  if (!isProject && !/\.qmd$/i.test(file)) return undefined;
  const lines = text.split(/\r?\n/);
  let end = lines.length;
  if (!isProject) {
    if (lines[0]?.trim() !== "---") return { file, makesPdf: false, latexAutoInstall: undefined, line: 1 };
    const close = lines.findIndex((line, index) => index > 0 && /^(?:---|\.\.\.)\s*$/.test(line));
    end = close < 0 ? Math.min(lines.length, 200) : close;
  }
  let line = 0;
  let latexAutoInstall: boolean | undefined;
  for (let index = 0; index < end; index++) {
    const content = (lines[index] ?? "").replace(/(?:^|\s)#.*$/, "").slice(0, 500);
    const setting = /^\s*latex-auto-install\s*:\s*["']?(true|false|yes|no)\b/i.exec(content)?.[1];
    if (setting !== undefined) latexAutoInstall = /^(?:true|yes)$/i.test(setting);
    const pdf =
      /^\s*(?:format\s*:.*\b(?:pdf|beamer)\b|(?:pdf|beamer|titlepage-pdf)\s*:|-\s*(?:pdf|beamer)\s*$|[\w-]+-pdf\s*:)/.test(
        content,
      );
    if (pdf && line === 0) line = index + 1;
  }
  return { file, makesPdf: line > 0, latexAutoInstall, line: line === 0 ? 1 : line };
}

/** A project's `_quarto.yml` speaks for the documents beside and below it that say nothing themselves. */
export function settleQuarto(documents: readonly QuartoDocument[]): SourceFacts["quarto"] {
  const projects = documents.filter(({ file }) => /(?:^|\/)_quarto\.ya?ml$/i.test(file));
  const folderOf = (file: string): string => file.slice(0, file.lastIndexOf("/") + 1);
  return documents
    .filter(({ makesPdf }) => makesPdf)
    .map(({ file, latexAutoInstall, line }) => {
      const project = projects.find(
        (one) => file.startsWith(folderOf(one.file)) && one.latexAutoInstall !== undefined,
      );
      return { file, line, installsLatex: latexAutoInstall ?? project?.latexAutoInstall ?? true };
    });
}
