import type { Path } from "../../job/facts.ts";
import { safeDirectories } from "../../profiles/profile.ts";
import { at, isWithin } from "../helpers.ts";
import { podExample } from "../job-examples.ts";
import { checkPods, containersOf, isPart, listIn, mountsOf, partAt, type Said, shown } from "../jobs.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"job">({
  id: "job-privileges",
  title: "A job asks for rights over the machine it runs on",
  category: "security",
  needs: "job",
  severity: "error",
  requirements: [],
  why: "The machines are shared by projects that must not see each other. A job that wants to leave its container, by privileges or by the machine's own network, processes or folders, is refused.",
  fix: "Take these settings away: an analysis needs none of them.",
  aliases: [],
  examples: {
    bad: [
      podExample("the machine's network", "hostNetwork: true\ncontainers: [{name: fit}]\n", 8),
      podExample(
        "privileged",
        "containers:\n  - name: fit\n    securityContext:\n      privileged: true\n      capabilities: {add: [SYS_ADMIN]}\n",
        11,
        12,
      ),
      podExample(
        "the machine's folder",
        "containers: [{name: fit}]\nvolumes:\n  - name: tmp\n    hostPath: {path: /tmp}\n",
        11,
      ),
    ],
    good: [
      podExample(
        "less than it has",
        "containers:\n  - name: fit\n    securityContext:\n      allowPrivilegeEscalation: false\n      capabilities: {drop: [ALL]}\n",
      ),
    ],
  },
  *check(facts, profile) {
    for (const said of checkPods(facts, profile, function* (pod): Iterable<Said> {
      const found: [string, Path][] = [];
      for (const field of ["hostNetwork", "hostPID", "hostIPC"]) {
        if (pod.spec[field] === true)
          found.push([`With “${field}” the pod would share the machine's own`, [...pod.path, field]]);
      }
      for (const { spec, path, title } of containersOf(pod)) {
        for (const field of ["privileged", "allowPrivilegeEscalation"]) {
          if (partAt(spec, "securityContext", field) === true)
            found.push([
              `With “${field}” the ${title} would have rights of the machine`,
              [...path, "securityContext", field],
            ]);
        }
        const added = listIn(partAt(spec, "securityContext", "capabilities", "add"));
        if (added.length > 0)
          found.push([
            `The ${title} asks for ${shown(added[0])}, a right over the machine`,
            [...path, "securityContext", "capabilities", "add"],
          ]);
      }
      // What is mounted in place of the project's own folders has a finding of its own.
      const safe = mountsOf(pod)
        .filter(({ target }) => safeDirectories(profile).some((folder) => isWithin(target, folder)))
        .map(({ volume }) => volume);
      for (const [index, volume] of listIn(pod.spec.volumes).entries()) {
        if (isPart(volume) && volume.hostPath !== undefined && !safe.includes(volume))
          found.push([
            "The job mounts a folder of the machine it runs on",
            [...pod.path, "volumes", index, "hostPath"],
          ]);
      }
      for (const [message, path] of found) {
        yield {
          message: `${message}, which is refused on shared machines.`,
          fix: "Take this setting away: an analysis does not need it.",
          ...at(facts, pod.document.keyOf(path)),
        };
      }
    })) {
      if (!("notAssessed" in said)) yield said;
    }
  },
});
