import { tokensIn } from "../../knowledge/tokens.ts";
import { fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { hasCredentials, isSecretName, isSecretValue } from "../secrets.ts";

export default defineRule<"image">({
  id: "secret-in-image-environment",
  title: "The image carries a secret in its environment",
  category: "security",
  needs: "image",
  severity: "error",
  requirements: ["INT-04"],
  why: "Whoever can pull the image can read its environment. The value may come from the base image or from a build argument, so that it is not in the Dockerfile.",
  fix: "Take the variable out, and make the secret invalid where it came from.",
  aliases: ["dockle:CIS-DI-0010"],
  examples: {
    bad: [
      {
        title: "a token",
        facts: {
          environment: new Map([
            ["PATH", "/bin"],
            ["HF_TOKEN", "hf_abc"],
          ]),
        },
      },
      {
        title: "told by its form",
        facts: { environment: new Map([["SETTINGS", `key=hf_${"aBcDeF".repeat(6)}`]]) },
      },
      {
        title: "in an address",
        facts: { environment: new Map([["PIP_INDEX_URL", "https://me:pw1@example.org/simple"]]) },
      },
    ],
    good: [
      { title: "none", facts: {} },
      {
        title: "paths and switches",
        facts: {
          environment: new Map([
            ["TOKEN_FILE", "/run/secrets/token"],
            ["PASSWORD", ""],
            ["USE_TOKEN", "false"],
          ]),
        },
      },
    ],
  },
  *check(image) {
    for (const [name, value] of image.environment) {
      const named = isSecretName(name) && isSecretValue(value);
      const [token] = tokensIn(value);
      if (!named && !hasCredentials(value) && token?.certain !== true) continue;
      yield {
        message: named
          ? `The image's environment sets ${name} to a value that anyone with the image can read.`
          : token?.certain === true
            ? `The image's environment has a ${token.kind} in ${name}, which anyone with the image can read.`
            : `The image's environment has an address with a user name and a password in ${name}.`,
        fix: fixOf(
          "Take it out of ENV; for the build give it to one command only.",
          `RUN --mount=type=secret,id=${name.toLowerCase()} <command>`,
        ),
        location: { imagePath: "config" },
        subjects: [`secret:${name}`],
      };
    }
  },
});
