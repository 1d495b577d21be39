/**
 * Data for the test run, made up by counting: the same in every project, about nobody. The seed fixes each value, so that
 * results can be compared from one machine to the next.
 */

/** Numbers from 0 up to 1 from a seed (mulberry32): plenty for made-up data, and the same everywhere. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ROWS = 60;

/** A trial of two arms: `person,arm,age,sex,score`. */
export function syntheticPeople(): string {
  const next = numbers(1);
  const rows = Array.from({ length: ROWS }, (_, index) => {
    const arm = index % 2 === 0 ? "control" : "treatment";
    const age = 40 + Math.floor(next() * 45);
    const sex = next() < 0.5 ? "female" : "male";
    const score = 10 + age / 20 + (arm === "treatment" ? 1.5 : 0) + 4 * (next() - 0.5);
    return `S${String(index + 1).padStart(4, "0")},${arm},${age},${sex},${score.toFixed(2)}`;
  });
  return `person,arm,age,sex,score\n${rows.join("\n")}\n`;
}

const BEGINNINGS = ["Seen in clinic today.", "Telephone review.", "Routine follow-up.", "Seen on the ward."];
const MIDDLES = [
  "Sleeping better than before.",
  "Walking with one stick.",
  "Mild shortness of breath on exertion.",
  "No new complaint.",
];
const ENDS = ["No change to medication.", "Repeat in two weeks.", "Discharged.", "Advice given."];

/** Short clinical notes that nobody wrote: `note,text`. */
export function syntheticNotes(): string {
  const next = numbers(2);
  const one = (choices: readonly string[]): string => choices[Math.floor(next() * choices.length)] ?? "";
  const rows = Array.from({ length: 20 }, (_, index) => {
    const text = [BEGINNINGS, MIDDLES, ENDS].map(one).join(" ");
    return `N${String(index + 1).padStart(3, "0")},${text}`;
  });
  return `note,text\n${rows.join("\n")}\n`;
}
