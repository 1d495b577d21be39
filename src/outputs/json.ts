import { broken, ColumnNames, LONGEST_NAME, type TableFacts, type TextReader, unread } from "./facts.ts";

/** No real data is nested deeper. */
const DEEPEST = 500;
const LONGEST_NUMBER = 1000;

type State =
  | "value"
  /** After `[`: a value, or its end. */
  | "element"
  /** After `{`: a key, or its end. */
  | "member"
  | "key"
  | "colon"
  | "after"
  | "string"
  | "escape"
  | "unicode"
  | "word";

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const WORD = /[\w.+-]/;

/**
 * JSON, or one JSON value a line: checks that it is well formed, counts the elements of the outermost list (or the lines)
 * and gathers the keys of all objects. What it keeps does not grow with the text.
 */
export class JsonReader implements TextReader {
  readonly #lines: boolean;
  readonly #columns = new ColumnNames();
  /** `[` or `{`, from the outside in. */
  readonly #stack: string[] = [];
  #state: State = "value";
  #isKey = false;
  #hexLeft = 0;
  /** The key or the number that is being read. */
  #text = "";
  #line = 1;
  #values = 0;
  #elements = 0;
  #isList = false;
  #problem: TableFacts | undefined;

  constructor(mode: "json" | "jsonl") {
    this.#lines = mode === "jsonl";
  }

  write(text: string): boolean {
    for (let i = 0; i < text.length && this.#problem === undefined; i++) {
      // Most of a text is in strings whose characters mean nothing to us.
      if (this.#state === "string" && !this.#isKey) i = endOfPlain(text, i);
      const char = text[i] ?? "";
      if (char === "") break;
      if (this.#state === "word" && !WORD.test(char)) this.#endWord();
      if (this.#problem === undefined) this.#take(char);
    }
    return this.#problem === undefined;
  }

  end(): TableFacts {
    if (this.#problem === undefined && this.#state === "word") this.#endWord();
    if (this.#problem !== undefined) return this.#problem;
    if (this.#stack.length > 0 || (this.#state !== "after" && this.#state !== "value"))
      return broken(`it ends in the middle, on line ${this.#line}`);
    if (this.#values === 0 && !this.#lines) return broken("it is empty");
    return {
      kind: "table",
      rows: this.#lines ? this.#values : this.#isList ? this.#elements : undefined,
      columns: this.#columns.list,
      moreColumns: this.#columns.more,
    };
  }

  #take(char: string): void {
    if (this.#state === "string") this.#inString(char);
    else if (this.#state === "escape") this.#escaped(char);
    else if (this.#state === "unicode") this.#hex(char);
    else if (this.#state === "word") this.#addTo(char);
    else if (char === "\n") this.#newLine();
    else if (char !== " " && char !== "\t" && char !== "\r") this.#between(char);
  }

  /** A character that is in no string, number or word. */
  #between(char: string): void {
    const ends = (this.#state === "element" && char === "]") || (this.#state === "member" && char === "}");
    if (ends) this.#close();
    else if (this.#state === "value" || this.#state === "element") this.#begin(char);
    else if (this.#state === "key" || this.#state === "member") this.#beginKey(char);
    else if (this.#state === "after") this.#after(char);
    else if (char === ":") this.#state = "value";
    else this.#wrong();
  }

  #newLine(): void {
    if (this.#lines && this.#stack.length > 0) {
      this.#problem = broken(`line ${this.#line} ends within a value`);
      return;
    }
    if (this.#lines) this.#state = "value";
    this.#line++;
  }

  #begin(char: string): void {
    if (this.#stack.length === 0 && this.#values > 0 && !this.#lines) this.#wrong();
    else if (char === "[" || char === "{") this.#open(char);
    else if (char === '"') {
      this.#isKey = false;
      this.#state = "string";
    } else if (WORD.test(char)) {
      this.#text = char;
      this.#state = "word";
    } else this.#wrong();
  }

  #open(char: "[" | "{"): void {
    if (this.#stack.length >= DEEPEST) {
      this.#problem = unread(`it is nested deeper than ${DEEPEST} levels`);
      return;
    }
    if (this.#stack.length === 0) this.#isList = char === "[";
    this.#stack.push(char);
    this.#state = char === "[" ? "element" : "member";
  }

  #beginKey(char: string): void {
    if (char !== '"') {
      this.#wrong();
      return;
    }
    this.#isKey = true;
    this.#text = "";
    this.#state = "string";
  }

  #after(char: string): void {
    const within = this.#stack.at(-1);
    if (char === "," && within !== undefined) this.#state = within === "[" ? "value" : "key";
    else if ((char === "]" && within === "[") || (char === "}" && within === "{")) this.#close();
    else this.#wrong();
  }

  #close(): void {
    this.#stack.pop();
    this.#endValue();
  }

  #endValue(): void {
    this.#state = "after";
    if (this.#stack.length === 0) this.#values++;
    else if (this.#stack.length === 1 && this.#stack[0] === "[") this.#elements++;
  }

  #inString(char: string): void {
    if (char === "\\") {
      this.#addTo(char);
      this.#state = "escape";
    } else if (char === '"') this.#endString();
    else if (char < " ") this.#wrong();
    else if (this.#isKey) this.#addTo(char);
  }

  #endString(): void {
    if (this.#isKey) {
      this.#columns.add(readable(this.#text));
      this.#state = "colon";
    } else this.#endValue();
  }

  #escaped(char: string): void {
    if (!'"\\/bfnrtu'.includes(char)) {
      this.#wrong();
      return;
    }
    this.#addTo(char);
    this.#hexLeft = 4;
    this.#state = char === "u" ? "unicode" : "string";
  }

  #hex(char: string): void {
    if (!/[\da-f]/i.test(char)) {
      this.#wrong();
      return;
    }
    this.#addTo(char);
    if (--this.#hexLeft === 0) this.#state = "string";
  }

  #addTo(char: string): void {
    if (this.#state !== "word") {
      if (this.#isKey && this.#text.length < LONGEST_NAME) this.#text += char;
    } else if (this.#text.length < LONGEST_NUMBER) this.#text += char;
    else
      this.#problem = unread(
        `line ${this.#line} has a number or word of more than ${LONGEST_NUMBER} characters`,
      );
  }

  #endWord(): void {
    const word = this.#text;
    if (word === "true" || word === "false" || word === "null" || NUMBER.test(word)) this.#endValue();
    else
      this.#problem = broken(
        /^-?(?:NaN|Infinity)$/.test(word)
          ? `line ${this.#line} holds ${word}, which JSON does not know`
          : `line ${this.#line} is not JSON`,
      );
  }

  #wrong(): void {
    this.#problem = broken(`line ${this.#line} is not JSON`);
  }
}

/** Where a run of characters that mean nothing within a string ends. */
function endOfPlain(text: string, from: number): number {
  let i = from;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22 || code === 0x5c || code < 0x20) break;
  }
  return i;
}

const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** What a string says; an escape that was cut short stays as it is. */
const readable = (text: string): string =>
  text.replace(/\\(?:u([\da-fA-F]{4})|([^u]))/g, (_all, hex?: string, char = "") =>
    hex === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
