import { styleText } from "node:util";

/** How to draw on a terminal: the width in columns, whether colours are wanted, and whether signs beyond ASCII are. */
export interface Look {
  readonly width: number;
  readonly color: boolean;
  readonly unicode: boolean;
}

export type Style = Parameters<typeof styleText>[0];

export const paint = (look: Look, style: Style, text: string): string =>
  look.color ? styleText(style, text, { validateStream: false }) : text;

/** Joins parts of one line: `a · b`. */
export const dotted = (look: Look, parts: readonly string[]): string =>
  parts.filter(Boolean).join(look.unicode ? " · " : " - ");
