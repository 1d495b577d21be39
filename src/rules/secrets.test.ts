import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { processorTime } from "../../test/processor-time.ts";
import { HIDDEN, hideSecrets, hideUrlCredentials, hideValues } from "./secrets.ts";

describe("hideValues", () => {
  it("hides by name, and credentials in addresses", () => {
    expect(
      hideValues({
        HF_TOKEN: "hf_abc",
        DB_PASSWORD: "",
        PATH: "/usr/bin",
        INDEX: "https://me:secret@host/simple",
        __proto__x: "y",
      }),
    ).toEqual({
      HF_TOKEN: HIDDEN,
      DB_PASSWORD: "",
      PATH: "/usr/bin",
      INDEX: `https://${HIDDEN}@host/simple`,
      __proto__x: "y",
    });
  });

  it("keeps every name and shows no value of a secret one", () => {
    const name = fc
      .tuple(fc.constantFrom("A_", "my-", ""), fc.constantFrom("TOKEN", "PASSWORD", "API_KEY", "SECRET"))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.dictionary(name, fc.string({ minLength: 12 })), (values) => {
        const hidden = hideValues(values);
        expect(Object.keys(hidden).sort()).toEqual(Object.keys(values).sort());
        for (const value of Object.values(hidden)) expect(value).toBe(HIDDEN);
      }),
    );
  });
});

describe("hideUrlCredentials", () => {
  it.each([
    ["https://host/x@1.0", "https://host/x@1.0"],
    ["git+https://me:pw@host/x", `git+https://${HIDDEN}@host/x`],
    ["https://token@host and ftp://a:b@c", `https://${HIDDEN}@host and ftp://${HIDDEN}@c`],
    ["someone@example.org", "someone@example.org"],
    ["https://me:p@ss@host/x", `https://${HIDDEN}@host/x`],
    ["$SCHEME://me:pw@host", `$SCHEME://${HIDDEN}@host`],
    ["https://me:$ECRET@host", `https://${HIDDEN}@host`],
  ])("%s", (text, wanted) => expect(hideUrlCredentials(text)).toBe(wanted));

  it("is quick on hostile text", () => {
    const time = processorTime(() => {
      hideUrlCredentials("a".repeat(200_000));
      hideUrlCredentials("a://".repeat(50_000));
    });
    expect(time).toBeLessThan(2000);
  });
});

describe("hideSecrets", () => {
  it.each([
    ["RUN git clone https://me:ghp_x@host/a", `RUN git clone https://${HIDDEN}@host/a`],
    ["RUN git clone https://ghp_x@host/a", `RUN git clone https://${HIDDEN}@host/a`],
    ["RUN pip install git+ssh://git@host/a", "RUN pip install git+ssh://git@host/a"],
    [`RUN git clone https://me:\${TOKEN}@host/a`, `RUN git clone https://me:\${TOKEN}@host/a`],
    ["RUN git clone https://$TOKEN@host/a", "RUN git clone https://$TOKEN@host/a"],
    ["RUN git clone https://git:pw@host/a", `RUN git clone https://${HIDDEN}@host/a`],
  ])("%s", (line, wanted) => expect(hideSecrets(line)).toBe(wanted));
});
