import { describe, expect, it } from "vitest";
import { dataExample, secretExample } from "./contents-examples.ts";
import dataInImage from "./data-in-image/rule.ts";
import secretInImage from "./secret-in-image/rule.ts";
import { imageFacts, testProfile } from "./test-facts.ts";

describe("what is said of files in layers", () => {
  it("a file that a later layer has again is not said to be gone", () => {
    const { data, ...rest } = dataExample({ removedIn: 2 });
    const [file] = data.files;
    if (file === undefined) throw new Error("the example has a file");
    const again = { ...rest, data: { ...data, files: [file, { ...file, layer: 2, removedIn: undefined }] } };
    const messages = (contents: ReturnType<typeof dataExample>): unknown[] =>
      [...dataInImage.check(imageFacts({ contents }), testProfile())].map((draft) =>
        "message" in draft ? draft.message : draft,
      );
    expect(messages(again)[0]).toContain("writes it anew, but the earlier layer");
    expect(messages({ ...rest, data })[0]).toContain("takes it away, but the earlier layer");
  });

  it.each([
    ["/app/Dockerfile", "take it out of the file"],
    ["/app/src/fetch.py", "take it out of the file"],
    ["/root/.netrc", ".dockerignore"],
  ])("the fix for a secret in %s", (path, words) => {
    const [draft] = [
      ...secretInImage.check(imageFacts({ contents: secretExample({ path }) }), testProfile()),
    ];
    expect(draft).toMatchObject({ fix: expect.stringContaining(words) });
  });
});
