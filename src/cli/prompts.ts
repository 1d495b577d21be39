import { type CANCEL_SYMBOL, confirm, isCancel, type Option, select, text } from "@clack/prompts";
import { PratiqueError } from "../errors.ts";
import type { Question } from "../init/answers.ts";
import type { Prompter } from "./init.ts";

/** Asks on the terminal; stdout stays free for results. */
export function terminalPrompter(
  input: NodeJS.ReadStream = process.stdin,
  output: NodeJS.WriteStream = process.stderr,
): Prompter {
  const streams = { input, output };
  const answered = <Value>(value: Value | typeof CANCEL_SYMBOL): Value => {
    if (isCancel(value))
      throw new PratiqueError("interrupted", "Stopped: nothing was written.", {
        hint: "Run it again when you like; options answer questions beforehand.",
      });
    return value;
  };
  return {
    ask: async (question: Question) => {
      const { message } = question;
      switch (question.kind) {
        case "choice": {
          const options: Option<string>[] = question.choices.map(({ value, label }) => ({ value, label }));
          const initialValue = question.initial ?? options[0]?.value ?? "";
          return answered(await select({ ...streams, message, options, initialValue, maxItems: 10 }));
        }
        case "yes-no":
          return answered(await confirm({ ...streams, message, initialValue: question.initial }));
        case "text": {
          // An empty answer is shown as what it means, where it means something.
          const usual = question.check("") === undefined ? question.example : undefined;
          const answer = answered(
            await text({
              ...streams,
              message,
              placeholder: usual === undefined ? `such as ${question.example}` : `Enter for ${usual}`,
              defaultValue: usual ?? "",
              validate: (value = "") => question.check(value.trim()),
            }),
          ).trim();
          return answer === usual ? "" : answer;
        }
      }
    },
    mayReplace: async (path: string) =>
      answered(
        await confirm({
          ...streams,
          message: `${path} is there already. Write over it?`,
          initialValue: false,
        }),
      ),
  };
}
