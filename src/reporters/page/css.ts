/**
 * The page's style. It is put into the document as text, so it holds no quotation mark, ampersand or less-than sign:
 * those would be escaped, and the policy's hash would no longer be that of the style.
 */
export const css = `
:root {
  color-scheme: light dark;
  --page: #f6f6f2; --surface: #ffffff; --sunk: #f0f1ec; --ink: #1c2226; --quiet: #535d66; --line: #d8dbd4;
  --link: #0a568a; --focus: #0a568a;
  --good: #17663a; --good-tint: #e8f3ec;
  --bad: #a3211b; --bad-tint: #fbecea;
  --warn: #7d5200; --warn-tint: #fbf2dd;
  --mark: #ffe49c; --mark-ink: #1c2226;
  --project: #a9d3ef; --mixed: #d9e3d2; --base: #dddfd9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #13171a; --surface: #1a2024; --sunk: #22292e; --ink: #e3e8ea; --quiet: #a5b0b8; --line: #374148;
    --link: #86c5f0; --focus: #86c5f0;
    --good: #82d4a2; --good-tint: #17291f;
    --bad: #ffa299; --bad-tint: #331d1b;
    --warn: #ebc16d; --warn-tint: #2e2616;
    --mark: #6b5312; --mark-ink: #fff4d6;
    --project: #1f4f70; --mixed: #3a4a3c; --base: #333c42;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 0 1rem 3rem; max-width: 52rem;
  background: var(--page); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
  overflow-wrap: anywhere;
}
code, pre, .id { font-family: ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'Liberation Mono', monospace; font-size: 0.875em; }
pre code { font-size: inherit; }
a { color: var(--link); text-underline-offset: 0.15em; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 2px; }
h1, h2, h3, h4 { line-height: 1.25; margin: 0; text-wrap: balance; }
h1 { font-size: clamp(1.6rem, 1.2rem + 2vw, 2.3rem); letter-spacing: -0.015em; }
h2 { font-size: 1.375rem; letter-spacing: -0.01em; margin-bottom: 0.75rem; }
h3 { font-size: 1.0625rem; margin: 1.5rem 0 0.5rem; }
h4 { font-size: 0.9375rem; margin: 1.1rem 0 0.35rem; }
p, li, dd { text-wrap: pretty; }
p { margin: 0 0 0.75rem; max-width: 70ch; }
ul, ol { margin: 0 0 0.75rem; padding-left: 1.4rem; max-width: 70ch; }
li { margin: 0.2rem 0; }
.quiet { color: var(--quiet); }
.small { font-size: 0.875rem; margin: 0.9rem 0 0; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -6rem; padding: 0.6rem 1rem; background: var(--ink); color: var(--page); border-radius: 0 0 6px 6px; z-index: 1; }
.skip:focus { top: 0; }

header { padding: 2.25rem 0 1.25rem; }
.brand { margin: 0 0 0.35rem; font-size: 0.875rem; font-weight: 650; letter-spacing: 0.06em; color: var(--link); }
header .quiet { margin: 0.5rem 0 0; max-width: none; }
nav { font-size: 0.875rem; margin-bottom: 1.25rem; }
nav details { border-block: 1px solid var(--line); margin: 0; }
nav ul { list-style: none; margin: 0; padding: 0; max-width: none; }
nav > ul { display: flex; flex-wrap: wrap; gap: 0 1.1rem; }
nav details > ul { columns: 9rem auto; column-gap: 2rem; padding-bottom: 0.75rem; }
nav details > ul > li { break-inside: avoid; margin-bottom: 0.75rem; }
nav li { margin: 0; }
nav a { display: inline-block; padding: 0.2rem 0; text-decoration: none; }
nav .group { color: var(--quiet); font-size: 0.8125rem; font-weight: 600; }
nav a:hover { text-decoration: underline; }
section { padding: 2rem 0 1.25rem; border-top: 1px solid var(--line); }
#image { border-top: 0; }
footer { border-top: 1px solid var(--line); padding-top: 1rem; font-size: 0.875rem; color: var(--quiet); }

.tone-good { --tone: var(--good); --tint: var(--good-tint); }
.tone-bad { --tone: var(--bad); --tint: var(--bad-tint); }
.tone-warn { --tone: var(--warn); --tint: var(--warn-tint); }
.tone-quiet { --tone: var(--quiet); --tint: var(--sunk); }
.signs { position: absolute; width: 0; height: 0; }
.icon { color: var(--tone); flex: none; width: 1rem; height: 1rem; }
.status { display: inline-flex; align-items: baseline; gap: 0.35rem; color: var(--tone); font-weight: 600; }
.status .icon { width: 0.85em; height: 0.85em; transform: translateY(0.1em); }

.verdict { border: 0; border-left: 6px solid var(--tone); border-radius: 4px; background: var(--tint); padding: 1.5rem 1.5rem 1rem; margin-bottom: 1rem; }
.verdict h2 { display: flex; align-items: center; gap: 0.6rem; font-size: clamp(1.75rem, 1.4rem + 1.8vw, 2.4rem); color: var(--tone); margin-bottom: 0.4rem; letter-spacing: -0.02em; }
.verdict h2 .icon { width: 0.9em; height: 0.9em; }
.verdict .lead { font-size: 1.1875rem; line-height: 1.45; }
.ways { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); gap: 1.25rem; }
.way { background: var(--surface); border: 1px solid var(--line); border-radius: 4px; padding: 1.1rem 1.25rem 0.6rem; }
.way h3 { margin: 0 0 0.6rem; }
.way ol { margin: 0; }
.way li { margin: 0 0 0.6rem; padding-left: 0.2rem; }
.way li .quiet { display: block; font-size: 0.875rem; line-height: 1.4; }
.verdict ol ul { margin: 0.15rem 0 0.4rem; }

.facts { margin: 0 0 1rem; }
.facts div { display: grid; grid-template-columns: 9.5rem minmax(0, 1fr); gap: 0 1.25rem; padding: 0.4rem 0; border-bottom: 1px solid var(--line); }
.facts div:last-child { border-bottom: 0; }
dt { color: var(--quiet); }
dd { margin: 0; }
dd ul { margin: 0; padding-left: 1.1rem; }

pre { margin: 0 0 0.9rem; padding: 0.8rem 1rem; background: var(--sunk); border-radius: 4px; font-size: 0.875rem; line-height: 1.55; white-space: pre-wrap; tab-size: 4; }
.paste { background: var(--surface); border: 1px solid var(--line); }
figure { margin: 0 0 0.9rem; }
figcaption { font-size: 0.875rem; color: var(--quiet); margin-bottom: 0.3rem; }
.excerpt pre { margin: 0; }
mark { background: var(--mark); color: var(--mark-ink); padding: 0.1em 0; border-radius: 2px; text-decoration: underline; text-decoration-thickness: 2px; text-underline-offset: 0.25em; }
.note { border-left: 4px solid var(--warn); background: var(--warn-tint); padding: 0.5rem 0.8rem; border-radius: 3px; }
.id { white-space: nowrap; font-weight: 600; }

.finding { background: var(--surface); border: 1px solid var(--line); border-left: 4px solid var(--tone); border-radius: 4px; padding: 1.1rem 1.25rem 1rem; margin: 1rem 0; }
.finding h3 { margin: 0 0 0.25rem; font-size: 1.1875rem; }
.marks { display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; font-size: 0.875rem; align-items: baseline; max-width: none; }
.marks code, .marks .id { font-size: 0.8125rem; }
.rows { list-style: none; padding: 0; }
.rows li { padding: 0.45rem 0; border-top: 1px solid var(--line); margin: 0; }
.rows li:first-child { border-top: 0; }
.finding .rows { margin-bottom: 0.25rem; }
.finding .rows li { padding: 0.2rem 0; }
.finding .seen > li { padding: 0.5rem 0; }
.seen > li > p { margin: 0.25rem 0; }
.seen h4 { margin: 0.5rem 0 0; }
.nowrap { white-space: nowrap; }
.rows .place { margin: 0; }
.rows figure { margin: 0.35rem 0 0; }

details { margin: 0 0 0.6rem; }
summary { cursor: pointer; padding: 0.5rem 0; font-weight: 600; }
summary .quiet { font-weight: 400; margin-left: 0.4rem; }

table { width: 100%; border-collapse: collapse; margin: 0.5rem 0 1.25rem; font-size: 0.9375rem; line-height: 1.5; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0.4rem 0; }
th, td { text-align: left; vertical-align: baseline; padding: 0.5rem 1rem 0.5rem 0; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
thead th { font-size: 0.8125rem; font-weight: 600; color: var(--quiet); white-space: nowrap; }
tbody th { font-weight: 500; }
tbody th code { font-weight: 400; }
@media not (max-width: 50rem) { tbody th:has(code) { min-width: 12rem; } td:has(code) { min-width: 10rem; } }
.number { text-align: right; white-space: nowrap; }
td .status, td .id { white-space: nowrap; }
tr:target, article:target, li:target { outline: 3px solid var(--focus); outline-offset: 3px; border-radius: 3px; }

.search { margin: 1rem 0; }
.search label { display: block; font-weight: 600; font-size: 0.9375rem; margin-bottom: 0.3rem; }
.entry { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.4rem 1rem; }
.entry input { flex: 0 1 26rem; min-width: 0; width: 100%; min-height: 2.75rem; padding: 0.4rem 0.75rem; font: inherit; color: var(--ink); background: var(--surface); border: 1px solid var(--quiet); border-radius: 4px; }
.entry output { color: var(--quiet); font-variant-numeric: tabular-nums; }
[hidden] { display: none !important; }

.tree { background: var(--surface); border: 1px solid var(--line); border-radius: 4px; padding: 0.9rem 1.1rem 0.6rem; margin: 0.75rem 0 1.25rem; }
.tree ul { list-style: none; margin: 0 0 0 0.45rem; padding: 0 0 0 1rem; border-left: 1px solid var(--line); max-width: none; }
.tree > ul { margin: 0; padding: 0; border: 0; }
.tree li { margin: 0.3rem 0; }
.tree .status, .tree .quiet { font-size: 0.875rem; margin-left: 0.35rem; }

.severities svg { display: block; overflow: hidden; }
.severities text { fill: var(--ink); font-size: 14px; font-weight: 600; }
.severities .box.project { fill: var(--link); }
.severities .box.base { fill: var(--quiet); }
.severities .box.mixed { fill: var(--warn); }

.time-line svg { display: block; overflow: hidden; }
.time-line text { fill: var(--ink); font-size: 13px; }
.time-line .axis { fill: var(--quiet); font-size: 12px; }
.time-line .name { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace; }
.tick { stroke: var(--line); stroke-width: 1; }
.track { stroke: var(--line); stroke-width: 2; }
.wait { fill: var(--bad); opacity: 0.75; }
.start { fill: var(--bad); }

.curves { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: 0.75rem 1.5rem; margin: 0 0 1rem; }
.curve { margin: 0; min-width: 0; }
.curve svg { display: block; width: 100%; height: 4.5rem; border-bottom: 2px solid var(--line); overflow: hidden; }
.curve .axis { display: flex; justify-content: space-between; font-size: 0.75rem; margin: 0; max-width: none; }
.line { fill: none; stroke: var(--link); stroke-width: 2; vector-effect: non-scaling-stroke; }
.under { fill: var(--link); opacity: 0.15; }
.bound { stroke: var(--bad); stroke-width: 2; stroke-dasharray: 6 4; vector-effect: non-scaling-stroke; }

.map svg { display: block; width: 100%; height: auto; }
.map .narrow { display: none; max-width: 30rem; }
.box { stroke: var(--page); stroke-width: 2; }
.box.project { fill: var(--project); }
.box.base { fill: var(--base); }
.box.mixed { fill: var(--mixed); }
.map text { fill: var(--ink); font-size: 13px; }
.map .size { fill: var(--ink); font-size: 11.5px; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.25rem; font-size: 0.875rem; margin: 0.4rem 0 0; max-width: none; padding: 0; list-style: none; }
.legend svg { display: inline-block; width: 0.95rem; height: 0.95rem; vertical-align: -0.1rem; margin-right: 0.4rem; }

@media screen { .many .finding { content-visibility: auto; contain-intrinsic-height: auto 20rem; } }
@media screen and (max-width: 50rem) {
  .map .wide { display: none; }
  .map .narrow { display: block; }
  section { padding-top: 1.5rem; }
  .verdict { padding: 1.1rem 1rem 0.6rem; }
  .finding { padding: 0.9rem 0.9rem 0.8rem; }
  .facts div { display: block; }
  dt { font-size: 0.875rem; }
  table, tbody, tr, th, td, caption { display: block; width: 100%; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { border-top: 1px solid var(--line); padding: 0.5rem 0; }
  th, td { border: 0; padding: 0.1rem 0; }
  tbody td { position: relative; padding-left: 7.25rem; min-height: 1.7rem; }
  tbody td::before { content: attr(data-head); position: absolute; left: 0; top: 0.2rem; width: 6.5rem; line-height: 1.3; color: var(--quiet); font-size: 0.875rem; }
  .number { text-align: left; white-space: normal; }
}
@media screen and (min-width: 76rem) {
  body { max-width: 76rem; display: grid; grid-template-columns: 11rem minmax(0, 1fr); column-gap: 3rem; grid-template-areas: 'head head' 'nav main' 'foot foot'; padding: 0 2rem 4rem; }
  header { grid-area: head; }
  main { grid-area: main; min-width: 0; }
  footer { grid-area: foot; }
  nav { grid-area: nav; position: sticky; top: 1.5rem; align-self: start; }
  nav { max-height: calc(100vh - 3rem); overflow-y: auto; }
  nav > ul { display: block; border-left: 2px solid var(--line); padding-left: 1rem; }
  nav details { border: 0; }
  nav details > ul { columns: auto; }
  nav ul ul { border-left: 2px solid var(--line); padding-left: 0.8rem; }
  nav ul ul a { padding: 0.1rem 0; }
  @supports selector(details::details-content) {
    nav summary { display: none; }
    nav details::details-content { content-visibility: visible; block-size: auto; display: block; }
  }
}
@media (forced-colors: active) {
  .verdict, .finding, .note { border: 2px solid; }
  .icon { color: inherit; }
  .wait, .start { fill: CanvasText; }
  .line, .bound { stroke: CanvasText; }
  .box { fill: Canvas; stroke: CanvasText; }
  .severities .box.project { fill: CanvasText; }
  .severities .box.base { fill: GrayText; }
  .severities .box.mixed { fill: Canvas; }
  .map text { fill: CanvasText; }
}
@media print {
  :root { color-scheme: light; --page: #fff; --surface: #fff; --sunk: #f4f4f1; --ink: #000; --quiet: #444; --line: #bbb; --link: #0b4a78; --good: #10502c; --bad: #86130e; --warn: #5f3e00; --good-tint: #fff; --bad-tint: #fff; --warn-tint: #fff; --mark: #ffe49c; --mark-ink: #000; }
  @page { margin: 16mm 15mm 18mm; @bottom-right { content: 'Page ' counter(page) ' of ' counter(pages); font: 8pt system-ui, sans-serif; color: #444; } }
  html { font-size: 9.5pt; }
  body { display: block; max-width: none; padding: 0; }
  nav, .skip, .search { display: none; }
  tr[hidden] { display: table-row !important; }
  details[hidden] { display: block !important; }
  a { text-decoration: none; }
  header { padding-top: 0; }
  section { padding: 1rem 0 0.5rem; }
  .verdict { border: 1px solid var(--tone); border-left-width: 6px; padding: 1rem 1.25rem 0.4rem; }
  h2, h3, h4, caption, figcaption, summary { break-after: avoid; }
  .facts div { padding: 0.2rem 0; }
  .way { padding: 0.5rem 0.8rem 0.2rem; }
  .way h3 { margin-bottom: 0.2rem; }
  .way li { margin-bottom: 0.05rem; line-height: 1.4; }
  .way li .quiet { display: inline; }
  .way li .quiet::before { content: ' – '; }
  summary { list-style: none; }
  summary::-webkit-details-marker { display: none; }
  .way, .short, pre, .marks, tr, .facts div, .excerpt, li, .time-line, .curve, .map { break-inside: avoid; }
  thead { display: table-header-group; }
  table { font-size: 0.9rem; }
  #packages table, #vulnerabilities details table { font-size: 0.75rem; line-height: 1.35; }
  #packages :is(th, td), #vulnerabilities details :is(th, td) { padding-block: 0.12rem; }
  details::details-content { content-visibility: visible; block-size: auto; display: block; }
}
`;
