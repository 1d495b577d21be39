import { at, fixOf } from "../helpers.ts";
import { manifestExample } from "../job-examples.ts";
import { checkWorkloads, isPlaceholder, namesIn, partAt, shown, textOf } from "../jobs.ts";
import { defineRule } from "../rule.ts";

const QUEUE = "kueue.x-k8s.io/queue-name";
const PRIORITY = "kueue.x-k8s.io/priority-class";
const PREBUILT = "kueue.x-k8s.io/prebuilt-workload-name";
const LONGEST_TIME = "kueue.x-k8s.io/max-exec-time-seconds";

/** Kubernetes' limit for the value of a label. */
const LONGEST = 63;
/** A name of an object: DNS subdomain (RFC 1123), which Kueue holds these labels to. */
const NAME = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

const job = (label: string, value: string): string =>
  `apiVersion: batch/v1\nkind: Job\nmetadata:\n  labels:\n    ${label}: ${value}\nspec:\n  template:\n    spec:\n      containers: [{name: fit}]`;

export default defineRule<"job">({
  id: "job-queue-form",
  title: "A label for the queue has a value that the queue cannot read",
  category: "job",
  needs: "job",
  severity: "error",
  requirements: [],
  why: "Kueue, the queue of the cluster, reads labels of the job: which queue, which priority, how long at most. It refuses a job whose labels are no names of objects, or no number of seconds.",
  fix: "Write names in small letters, digits, - and ., at most 63 characters long, and seconds as a whole number in quotation marks.",
  aliases: [],
  examples: {
    bad: [
      manifestExample("a name in large letters", job(PRIORITY, "High_Priority"), 5),
      manifestExample(
        "a queue's name that is too long",
        job(QUEUE, `nsh-${"0".repeat(50)}-ns-user-queue`),
        5,
      ),
      manifestExample("a time that is no number of seconds", job(LONGEST_TIME, '"12h"'), 5),
      manifestExample("no time at all", job(LONGEST_TIME, '"0"'), 5),
    ],
    good: [
      manifestExample("a priority", job(PRIORITY, "urgent-2")),
      manifestExample("a time", job(LONGEST_TIME, '"3600"')),
      manifestExample("not filled in yet", job(PRIORITY, "<priority>")),
    ],
  },
  *check(facts, profile) {
    yield* checkWorkloads(facts, profile, function* (document, policy) {
      const said = (label: string, message: string, value: string) => ({
        message,
        fix: fixOf("Write it in the form that the queue reads.", `${label}: ${value}`),
        ...at(facts, document.rangeOf(["metadata", "labels", label])),
      });
      for (const label of [QUEUE, PRIORITY, PREBUILT]) {
        const value = textOf(partAt(document.value, "metadata", "labels", label));
        if (value === undefined || isPlaceholder(value, label === QUEUE)) continue;
        if (value.length > LONGEST) {
          yield said(
            label,
            `The label has ${value.length} characters, and may have ${LONGEST}.`,
            "<shorter name>",
          );
        } else if (
          !NAME.test(value) &&
          (label !== QUEUE || namesIn(policy.queue.value, value) !== undefined)
        ) {
          // A queue's name that is none of the place's has a finding of its own.
          yield said(label, `“${shown(value)}” is no name that an object of the cluster can have.`, "<name>");
        }
      }
      const time = textOf(partAt(document.value, "metadata", "labels", LONGEST_TIME));
      if (time !== undefined && !isPlaceholder(time) && !/^[+]?0*[1-9]\d{0,9}$/.test(time))
        yield said(LONGEST_TIME, `“${shown(time)}” is no number of seconds.`, '"3600"');
    });
  },
});
