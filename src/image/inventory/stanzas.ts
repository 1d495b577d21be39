/** Fields of one paragraph by their names in small letters; a field that stands there twice counts as the first. */
export type Stanza = ReadonlyMap<string, string>;

const MAX_VALUE = 20_000;

/**
 * Paragraphs of `Name: value` lines, as Debian, Python and R write them; lines that begin with a space go on with the
 * value before. Only the `wanted` fields are kept.
 */
export function* stanzas(text: string, wanted: ReadonlySet<string>): Generator<Stanza> {
  let fields = new Map<string, string>();
  let last = "";
  for (const line of lines(text)) {
    if (line.trim() === "") {
      if (fields.size > 0) yield fields;
      fields = new Map();
      last = "";
    } else if (line.startsWith(" ") || line.startsWith("\t")) {
      const before = last === "" ? undefined : fields.get(last);
      if (before !== undefined && before.length < MAX_VALUE) fields.set(last, `${before}\n${line.slice(1)}`);
    } else {
      const colon = line.indexOf(":");
      const name = colon < 0 ? "" : line.slice(0, colon).trim().toLowerCase();
      last = wanted.has(name) && !fields.has(name) ? name : "";
      if (last !== "") fields.set(last, line.slice(colon + 1, colon + 1 + MAX_VALUE).trim());
    }
  }
  if (fields.size > 0) yield fields;
}

/** The first paragraph. */
export const firstStanza = (text: string, wanted: ReadonlySet<string>): Stanza =>
  stanzas(text, wanted).next().value ?? new Map();

/** Lines without their ends, one at a time: a list of all of a large file's lines is not made. */
export function* lines(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\n", at);
    const stop = end < 0 ? text.length : end;
    yield text.slice(at, text[stop - 1] === "\r" && stop > at ? stop - 1 : stop);
    at = stop + 1;
  }
}
