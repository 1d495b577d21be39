/** One setting of a file such as `.git/config`. */
export interface GitSetting {
  /** In lower case: `remote`. */
  readonly section: string;
  /** What stands in quotes after it: `origin`. Empty where nothing does. */
  readonly name: string;
  /** In lower case. */
  readonly key: string;
  readonly value: string;
}

/** More settings than a person or git itself writes. */
const MOST_SETTINGS = 10_000;

/** Reads git's own format; a line that is none of it is passed over. Files that it includes are not read. */
export function parseGitConfig(text: string): GitSetting[] {
  const settings: GitSetting[] = [];
  let section = "";
  let name = "";
  for (const raw of joined(text)) {
    let line = raw.trim();
    const header = /^\[\s*([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]/.exec(line);
    if (header !== null) {
      section = (header[1] ?? "").toLowerCase();
      name = (header[2] ?? "").replace(/\\(.)/g, "$1");
      line = line.slice(header[0].length).trim();
    }
    const pair = /^([A-Za-z][\w-]*)\s*(?:=(.*))?$/.exec(line);
    if (pair === null || section === "") continue;
    // A key alone means true.
    const value = pair[2] === undefined ? "true" : plainValue(pair[2]);
    settings.push({ section, name, key: (pair[1] ?? "").toLowerCase(), value });
    if (settings.length >= MOST_SETTINGS) break;
  }
  return settings;
}

/** Lines, with those that end in a backslash joined to the next. */
function* joined(text: string): Generator<string> {
  let parts: string[] = [];
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    if (/(?:^|[^\\])(?:\\\\)*\\$/.test(line)) {
      parts.push(line.slice(0, -1));
      continue;
    }
    yield [...parts, line].join("");
    parts = [];
  }
  if (parts.length > 0) yield parts.join("");
}

/** A value without quotes, escapes and the comment behind it. */
function plainValue(raw: string): string {
  let value = "";
  let quoted = false;
  /** What is kept when blanks at the end go. */
  let kept = 0;
  const text = raw.trim();
  for (let index = 0; index < text.length; index++) {
    let char = text[index] ?? "";
    if (char === '"') {
      quoted = !quoted;
      kept = value.length;
      continue;
    }
    if (!quoted && (char === "#" || char === ";")) break;
    if (char === "\\") {
      index++;
      const escaped = text[index] ?? "";
      char = { n: "\n", t: "\t", b: "\b" }[escaped] ?? escaped;
    }
    value += char;
    if (quoted || !/\s/.test(char)) kept = value.length;
  }
  return value.slice(0, kept);
}
