import { fixOf, someOf } from "../helpers.ts";
import { filesNotRead, pastable } from "../image-files.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"image">({
  id: "account-without-password",
  title: "An account of the image has an empty password",
  category: "security",
  needs: "image",
  severity: "info",
  requirements: [],
  why: "Nobody logs in to a batch job, so that this does no harm there. Reviewers ask about it, and where the image is used with a log-in everybody gets in.",
  fix: "Lock the account with passwd --lock.",
  aliases: ["dockle:DKL-LI-0001"],
  examples: {
    bad: [{ title: "root's", facts: { fitness: { openAccounts: ["root"] } } }],
    good: [
      { title: "none", facts: {} },
      {
        title: "not assessed when the files cannot be read",
        facts: { fitness: undefined, tree: undefined, treeProblem: "the archive ends early" },
      },
    ],
  },
  *check(image) {
    const { fitness } = image;
    if (fitness === undefined) {
      yield filesNotRead(image);
      return;
    }
    const { openAccounts } = fitness;
    const [first] = openAccounts;
    if (first === undefined) return;
    yield {
      message: `${openAccounts.length === 1 ? "The account" : "The accounts"} ${someOf(openAccounts)} of the image ${openAccounts.length === 1 ? "has" : "have"} an empty password.`,
      fix: fixOf("Lock it.", `RUN passwd --lock ${pastable(first)}`),
      location: { imagePath: "/etc/shadow" },
    };
  },
});
