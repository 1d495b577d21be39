import type { Example } from "./rule.ts";

/** Short manifests for the examples of rules: each shows the part that its rule reads. */

const HEAD = `apiVersion: batch/v1
kind: Job
metadata:
  generateName: nsh-2024-0000-fit-
spec:
  template:
    spec:
`;

const indented = (text: string, by: number): string => text.replace(/^(?=.)/gm, " ".repeat(by));

/** A whole manifest, with the lines where findings must be. */
export const manifestExample = (title: string, text: string, ...lines: number[]): Example<"job"> => ({
  title,
  files: { "job.yaml": `${text.trim()}\n` },
  ...(lines.length === 0 ? {} : { lines }),
});

/** The pod of a job; its first line is line 8 of the file. */
export const podExample = (title: string, text: string, ...lines: number[]): Example<"job"> =>
  manifestExample(title, HEAD + indented(text.replace(/^\n|\n *$/g, ""), 6), ...lines);

/** The one container of a job; its first line is line 10 of the file. */
export const containerExample = (title: string, text: string, ...lines: number[]): Example<"job"> =>
  podExample(title, `containers:\n  - name: fit\n${indented(text.replace(/^\n|\n *$/g, ""), 4)}`, ...lines);
