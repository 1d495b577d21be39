import { runOptions } from "../../run-files/options.ts";
import { at } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"run-files">({
  id: "run-option-forbidden",
  title: "An option for ces-run opens the container to its machine",
  category: "security",
  needs: "run-files",
  severity: "error",
  requirements: [],
  why: "A container inside the Safe Haven is kept apart from the machine and from other people's work. Options that take this away are a breach, whatever they are for.",
  fix: "Take the option away; an analysis needs none of these.",
  aliases: [],
  examples: {
    bad: [
      { title: "privileged", files: { opt_file: "-it\n--privileged\n" }, lines: [2] },
      { title: "the machine's network", files: { "run.opt": "--network=host --pid host\n" }, lines: [1, 1] },
      {
        title: "the whole disk",
        files: { opt_file: "-v /:/host\n--volume=/var/run/docker.sock:/var/run/docker.sock\n" },
        lines: [1, 2],
      },
      {
        title: "rights",
        files: { opt_file: "--cap-add=SYS_ADMIN\n--security-opt seccomp=unconfined\n" },
        lines: [1, 2],
      },
      {
        title: "the same for Apptainer",
        files: { opt_file: "--bind ./x:/mnt/x,/:/host\n--add-caps CAP_SYS_ADMIN\n--allow-setuid\n" },
        lines: [1, 2, 3],
      },
    ],
    good: [
      {
        title: "the documents' own",
        files: {
          opt_file:
            "-p 8787:8787\n-it\n--mount type=tmpfs,destination=/run\n-v ./pgdata:/var/lib/postgresql\n--network=none\n--http-proxy=false\n",
        },
      },
      { title: "arguments of the program", files: { arg_file: "--privileged\n" } },
    ],
  },
  *check(facts) {
    for (const { file, option, value, range } of runOptions(facts)) {
      const what = forbidden(option, value);
      if (what === undefined) continue;
      yield {
        message: `“${option}” ${what}.`,
        fix: "Take this option away: an analysis does not need it.",
        ...at(file, range),
      };
    }
  },
});

function forbidden(option: string, value: string): string | undefined {
  if (option === "--privileged")
    return value === "false" ? undefined : "gives the container all rights of the machine";
  if (/^--(?:net|network|pid|ipc|uts|userns|cgroupns)$/.test(option))
    return value === "host" ? "lets the container share the machine's own" : undefined;
  if (option === "--cap-add" || option === "--add-caps" || option === "--keep-privs")
    return "gives the container rights over the machine";
  if (option === "--allow-setuid") return "lets programs in the container take other users' rights";
  if (option === "--security-opt")
    return /unconfined|label[=:]disable/.test(value) ? "takes the container's protection away" : undefined;
  if (option === "--device")
    return /nvidia/.test(value) ? undefined : "gives the container a device of the machine";
  const sources = sourcesOf(option, value);
  if (sources.some((source) => /(?:docker|podman)\.sock$/.test(source)))
    return "gives the container control over all others";
  if (sources.some((source) => /^\/(?:etc|root|proc|sys|dev|var|boot|usr)?\/?$/.test(source)))
    return "gives the container the machine's own folders";
  return undefined;
}

/** What an option mounts; Apptainer takes several with commas between. */
function sourcesOf(option: string, value: string): readonly string[] {
  if (option === "--mount") return [/(?:^|,)(?:source|src)=([^,]*)/.exec(value)?.[1] ?? ""];
  if (option === "-v" || option === "--volume") return [value.split(":", 1)[0] ?? ""];
  if (option === "-B" || option === "--bind")
    return value.split(",").map((part) => part.split(":", 1)[0] ?? "");
  return [];
}
