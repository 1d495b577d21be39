import { createHash } from "node:crypto";
import { plainText } from "../plain.ts";
import { css } from "./css.ts";

/** What every page of ours begins with: it loads nothing, runs nothing, and takes no style but its own. */
export function Head({ title, version }: { title: string; version: string }) {
  const policy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(css).digest("base64")}'; base-uri 'none'; form-action 'none'`;
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
