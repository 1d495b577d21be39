import { at, fixOf } from "../helpers.ts";
import { podExample } from "../job-examples.ts";
import {
  checkPods,
  claimKind,
  claimOf,
  isPlaceholder,
  type Mount,
  mountsOf,
  nameFrom,
  projectNames,
  type Said,
  shown,
  stillPlaceholder,
} from "../jobs.ts";
import { defineRule } from "../rule.ts";

const pod = (mounts: string, scratch = "emptyDir: {}"): string => `
containers:
  - name: fit
    volumeMounts:
${mounts}volumes:
  - {name: shared-data, persistentVolumeClaim: {claimName: pvc-nsh-2024-0000-shared}}
  - {name: user-output, persistentVolumeClaim: {claimName: pvc-nsh-2024-0000-users-test}}
  - {name: scratch, ${scratch}}
`;
const DATA = "      - {mountPath: /safe_data, name: shared-data, readOnly: true}\n";
const OUTPUT = "      - {mountPath: /safe_outputs, name: user-output}\n";
const SCRATCH = "      - {mountPath: /scratch, name: scratch}\n";

export default defineRule<"job">({
  id: "job-mounts",
  title: "A job does not mount the three directories as the cluster has them",
  category: "directories",
  needs: "job",
  severity: "error",
  requirements: ["K8S-13"],
  why: "A job sees its data at /safe_data, keeps its results at /safe_outputs and works in /scratch. What is not mounted is an empty folder inside the container, and what is written there is lost with it.",
  fix: "Mount the project's shared claim at /safe_data, the user's claim at /safe_outputs and an emptyDir at /scratch.",
  aliases: [],
  examples: {
    bad: [
      podExample("no scratch", pod(DATA + OUTPUT), 10),
      podExample("a misspelt folder", pod(DATA + OUTPUT.replace("outputs", "output") + SCRATCH), 12),
      podExample(
        "the two claims mixed up",
        pod(DATA.replace("shared-data", "user-output") + OUTPUT + SCRATCH),
        11,
      ),
      podExample(
        "a volume that there is not",
        pod(DATA + OUTPUT + SCRATCH.replace("name: scratch", "name: tmp")),
        13,
      ),
      podExample("the machine's own folder", pod(DATA + OUTPUT + SCRATCH, "hostPath: {path: /tmp}"), 13),
    ],
    good: [
      podExample("all three", pod(DATA + OUTPUT + SCRATCH)),
      podExample(
        "a slash at the end, and more",
        pod(
          `${DATA.replace("safe_data", "safe_data/")}${OUTPUT}${SCRATCH}      - {mountPath: /tmp, name: scratch}\n`,
        ),
      ),
    ],
  },
  *check(facts, profile) {
    const { data, outputs, scratch } = profile.directories;
    yield* checkPods(facts, profile, function* (pod, policy): Iterable<Said> {
      const names = projectNames(pod.document, policy);
      const mounts = mountsOf(pod);
      // A name of neither form has a finding of its own.
      const claimFor = (use: "shared" | "user") => (mount: Mount) => {
        const name = claimOf(mount.volume);
        return name !== undefined && (claimKind(name, policy) ?? use) === use;
      };
      const wanted = [
        {
          target: data.value,
          volume: "shared-data",
          what: "the project's shared claim",
          source: `persistentVolumeClaim: {claimName: ${nameFrom(policy.sharedClaim.value, names)}}`,
          options: ", readOnly: true",
          fits: claimFor("shared"),
        },
        {
          target: outputs.value,
          volume: "user-output",
          what: "the user's own claim",
          source: `persistentVolumeClaim: {claimName: ${nameFrom(policy.userClaim.value, names)}}`,
          options: "",
          fits: claimFor("user"),
        },
        {
          target: scratch.value,
          volume: "scratch",
          what: "an emptyDir",
          source: "emptyDir: {}",
          options: "",
          fits: (mount: Mount) => mount.volume?.emptyDir !== undefined,
        },
      ];
      for (const { target, volume, what, source, options, fits } of wanted) {
        const fix = fixOf(
          `Mount ${what} there.`,
          "volumeMounts:",
          `  - {mountPath: ${target}, name: ${volume}${options}}`,
          "volumes:",
          `  - {name: ${volume}, ${source}}`,
        );
        const own = mounts.filter((mount) => mount.target === target);
        if (own.length === 0) {
          const unknown = mounts.find(({ spec }) => isPlaceholder(spec.mountPath));
          if (unknown !== undefined) {
            yield stillPlaceholder(unknown.spec.mountPath);
            continue;
          }
          const near = mounts.find((mount) => alike(mount.target, target));
          yield {
            message:
              near === undefined
                ? `Nothing is mounted at ${target}.`
                : `“${shown(near.target)}” is not a folder that the place knows: it is called ${target}.`,
            fix,
            ...at(
              facts,
              near === undefined
                ? pod.document.keyOf([...pod.path, "containers", 0, "volumeMounts"])
                : pod.document.rangeOf([...near.path, "mountPath"]),
            ),
          };
          continue;
        }
        for (const mount of own) {
          const place = at(facts, pod.document.rangeOf([...mount.path, "name"]));
          if (mount.volume === undefined) {
            if (isPlaceholder(mount.spec.name)) yield stillPlaceholder(mount.spec.name);
            else
              yield {
                message: `The pod has no volume called “${shown(mount.spec.name)}”.`,
                fix,
                ...place,
              };
          } else if (!fits(mount)) {
            const name = claimOf(mount.volume);
            if (isPlaceholder(name, true)) yield stillPlaceholder(name);
            else
              yield {
                message: `At ${target} belongs ${what}, and something else is mounted there.`,
                fix,
                ...place,
              };
          } else if (target !== data.value && mount.spec.readOnly === true) {
            yield {
              message: `${target} is mounted so that nothing can be written to it.`,
              fix,
              ...at(facts, pod.document.rangeOf([...mount.path, "readOnly"])),
            };
          }
        }
      }
    });
  },
});

/** `/safe_output` and `/safe-outputs` are meant to be `/safe_outputs`. */
const alike = (path: string, wanted: string): boolean => {
  const bare = (text: string): string =>
    text
      .slice(0, 100)
      .toLowerCase()
      .replace(/[^a-z]/g, "")
      .replace(/s$/, "");
  return bare(path) === bare(wanted);
};
