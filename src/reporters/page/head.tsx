import { createHash } from "node:crypto";
import { plainText } from "../plain.ts";
import { css } from "./css.ts";

interface HeadProps {
  readonly title: string;
  readonly version: string;
  /** Text of the one script that the page may run. */
  readonly script?: string;
}

/** What every page of ours begins with: it loads nothing, takes no style but its own, and runs nothing but its own script. */
export function Head({ title, version, script }: HeadProps) {
  const scripts = script === undefined ? "" : ` script-src ${source(script)};`;
  const policy = `default-src 'none'; style-src ${source(css)};${scripts} base-uri 'none'; form-action 'none'`;
  return (
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content={policy} />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="referrer" content="no-referrer" />
      <meta name="generator" content={`pratique ${plainText(version, 40)}`} />
      <title>{title}</title>
      <style>{css}</style>
    </head>
  );
}

const source = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
