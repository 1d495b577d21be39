import type { Report } from "../evidence/report.ts";

export type FormatName =
  | "json"
  | "html"
  | "markdown"
  | "sarif"
  | "github"
  | "gitlab"
  | "junit"
  | "checkstyle"
  | "cyclonedx"
  | "spdx";

/** A way to write a report for other programs. */
export interface Format {
  /** For the help: what reads it. */
  readonly description: string;
  /** Of a file that holds it, with the dot. */
  readonly extension: string;
  /** Set where it is about the packages in an image, and fails without one. */
  readonly ofPackages?: true;
  /**
   * Files are named from the project's folder, or, where `folder` says how to get there, from the folder above: a forge
   * wants them from the root of the repository.
   */
  readonly render: (report: Report, folder?: string) => Promise<string>;
}

/** The report with its files named from elsewhere. */
async function seen(report: Report, folder: string | undefined): Promise<Report> {
  return folder === undefined ? report : (await import("./relocate.ts")).underFolder(report, folder);
}

/** Every format but the terminal's; the code of each is loaded when it is wanted. */
export const FORMATS: Readonly<Record<FormatName, Format>> = {
  json: {
    description: "the whole report",
    extension: ".json",
    render: async (report) => (await import("./json.ts")).renderJson(report),
  },
  html: {
    description: "the whole report as one page",
    extension: ".html",
    render: async (report) => (await import("./page/render.tsx")).renderHtml(report),
  },
  markdown: {
    description: "Markdown, for comments at pull requests and summaries of CI jobs",
    extension: ".md",
    render: async (report, folder) =>
      (await import("./markdown.ts")).renderMarkdown(await seen(report, folder)),
  },
  sarif: {
    description: "SARIF 2.1.0, for GitHub's code scanning and editors",
    extension: ".sarif",
    render: async (report, folder) => {
      const [{ renderSarif }, { loadRules, RULE_KINDS }] = await Promise.all([
        import("./sarif.ts"),
        import("../rules/registry/registry.gen.ts"),
      ]);
      const rules = (await Promise.all(RULE_KINDS.map((kind) => loadRules(kind)))).flat();
      return renderSarif(await seen(report, folder), { rules });
    },
  },
  github: {
    description: "annotations of a GitHub Actions job",
    extension: ".txt",
    render: async (report, folder) => (await import("./github.ts")).renderGithub(await seen(report, folder)),
  },
  gitlab: {
    description: "GitLab's Code Quality report",
    extension: ".json",
    render: async (report, folder) => (await import("./gitlab.ts")).renderGitlab(await seen(report, folder)),
  },
  junit: {
    description: "JUnit XML, for the test views of forges",
    extension: ".xml",
    render: async (report, folder) => (await import("./junit.ts")).renderJunit(await seen(report, folder)),
  },
  checkstyle: {
    description: "Checkstyle XML, for other tools",
    extension: ".xml",
    render: async (report, folder) =>
      (await import("./checkstyle.ts")).renderCheckstyle(await seen(report, folder)),
  },
  cyclonedx: {
    description: "the packages in the image, as CycloneDX 1.6",
    extension: ".cdx.json",
    ofPackages: true,
    render: async (report) => (await import("./sbom/cyclonedx.ts")).renderCycloneDx(report),
  },
  spdx: {
    description: "the packages in the image, as SPDX 2.3",
    extension: ".spdx.json",
    ofPackages: true,
    render: async (report) => (await import("./sbom/spdx.ts")).renderSpdx(report),
  },
};
