// @ts-check
// The documentation as a site: the Markdown of the repository as it is, with a list of parts and a search.
// “npm run docs:site” builds it into site/dist.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";

const site = join(dirname(fileURLToPath(import.meta.url)), "..");
const root = join(site, "..");

/** What a page calls itself. @param {string} path */
const titleOf = (path) =>
  /^#\s+(.+)$/m.exec(readFileSync(join(root, path), "utf8"))?.[1]?.replaceAll("`", "") ?? path;

/** @param {string} path */
const page = (path) => ({ text: titleOf(path), link: `/${path.replace(/README\.md$/, "index.md")}` });

/** All pages of a folder, its own first. @param {string} folder */
const pagesOf = (folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .sort((a, b) => Number(b === "README.md") - Number(a === "README.md") || a.localeCompare(b))
    .map((name) => page(`${folder}/${name}`));

/** @param {readonly string[]} names */
const docs = (...names) => names.map((name) => page(`docs/${name}.md`));

const EXAMPLES = readdirSync(join(root, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

export default defineConfig({
  title: "pratique",
  description:
    "Shows, with evidence, that a research container is fit to enter a Trusted Research Environment",
  lang: "en-GB",
  head: [["link", { rel: "icon", href: "data:," }]],
  srcDir: join(site, "pages"),
  outDir: join(site, "dist"),
  rewrites: (path) => path.replace(/(^|\/)README\.md$/, "$1index.md"),
  // Folders and files of the repository that are no pages: they are shown there.
  ignoreDeadLinks: [
    ...EXAMPLES.map((name) => new RegExp(`(?:^|/)${name}(?:/|$)`)),
    /(?:^|\/)(?:examples|schemas|adr|src|test|LICENSE|ci|\.github)(?:\/|$)/,
    /\.(?:json|yaml|yml|sh|mjs|ts)$/,
  ],
  markdown: {
    // “<file>” in a text is a word to be filled in, and no HTML.
    html: false,
    // “{{ … }}” in a text is that of a workflow, and no template of this site.
    config: (md) => {
      for (const rule of ["text", "code_inline"]) {
        const render = md.renderer.rules[rule];
        md.renderer.rules[rule] = (tokens, index, ...rest) => {
          const html = render?.(tokens, index, ...rest) ?? md.utils.escapeHtml(tokens[index]?.content ?? "");
          return html.replaceAll("{{", "&#123;&#123;");
        };
      }
    },
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Tutorial", link: "/docs/tutorial/index.md" },
      { text: "What to do when …", link: "/docs/how-to/index.md" },
      { text: "Rules", link: "/docs/rules/index.md" },
    ],
    sidebar: [
      {
        text: "Start",
        items: [page("README.md"), page("docs/tutorial/README.md"), ...docs("init", "data", "pin")],
      },
      { text: "What to do when …", items: pagesOf("docs/how-to"), collapsed: true },
      {
        text: "Check",
        items: docs("lint", "outputs", "editors", "runtimes", "scan", "ci", "configuration", "exit-codes"),
      },
      { text: "Look into an image", items: docs("inspect", "inventory", "contents", "fitness") },
      { text: "Hand over and review", items: docs("page", "evidence", "publish", "job") },
      {
        text: "Understand",
        items: [
          ...docs("how-it-works", "parity", "api"),
          page("recorder/README.md"),
          page("examples/README.md"),
        ],
      },
      { text: "Rules", items: pagesOf("docs/rules"), collapsed: true },
      { text: "Decisions", items: pagesOf("docs/adr"), collapsed: true },
      { text: "The project", items: [page("CONTRIBUTING.md"), page("CHANGELOG.md")] },
    ],
  },
});
