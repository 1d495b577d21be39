import { fixOf } from "../helpers.ts";
import type { Install, Manager } from "../packages.ts";
import { defineRule } from "../rule.ts";
import { endedEarly, installLine, seconds, shortCommand } from "../runs.ts";

const failed = { exit: { code: 1, signal: null, cause: "exited" as const, detail: "" } };
const pip = {
  command: "/usr/local/bin/python /usr/local/bin/pip install --user --quiet -r /opt/visits/requirements.txt",
  executable: "/usr/local/bin/python3.11",
};
const once = { count: 1, cpuSeconds: 0.4, peakMemory: 30_000_000, failures: 0 };

export default defineRule<"run">({
  id: "runtime-install",
  title: "The job installs software while it runs",
  category: "offline",
  needs: "run",
  severity: "error",
  requirements: ["OFF-08", "OFF-01", "IMG-12"],
  why: "Containers in the Safe Haven reach no package repository, unlike the desktops there. An installation waits for the network and fails.",
  fix: "Install everything with RUN while the image is built.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "pip in a start script",
        facts: {
          recording: {
            ...failed,
            processes: [
              { command: "sh /opt/visits/start.sh", executable: "/bin/dash", ...once },
              { ...pip, ...once },
            ],
          },
        },
      },
      {
        title: "R",
        facts: {
          recording: {
            ...failed,
            processes: [
              {
                command: '/usr/lib/R/bin/exec/R --no-echo --no-restore -e install.packages("survival")',
                executable: "/usr/lib/R/bin/exec/R",
                ...once,
              },
            ],
          },
        },
      },
      {
        title: "only seen at an attempt",
        facts: {
          recording: {
            ...failed,
            processes: [],
            attempts: [
              {
                host: "repository.example",
                address: null,
                port: null,
                protocol: "dns",
                process: { pid: 9, ...pip },
                count: 4,
                firstAt: 1,
                lastAt: 31,
                secondsLost: 40,
              },
            ],
          },
        },
      },
    ],
    good: [
      { title: "nothing is installed", facts: {} },
      {
        title: "a script that is called so",
        facts: {
          recording: {
            processes: [{ command: "python /opt/install.py", executable: "/usr/bin/python3", ...once }],
          },
        },
      },
      { title: "not assessed when the job ended early", facts: { recording: failed } },
    ],
  },
  *check({ recording }) {
    const told = new Set<Manager>();
    const seen = [...recording.attempts.map(({ process }) => process), ...recording.processes];
    for (const process of seen) {
      const install = installLine(process.command);
      if (install === undefined || told.has(install.manager)) continue;
      told.add(install.manager);
      const attempts = recording.attempts.filter(
        (attempt) => installLine(attempt.process.command)?.manager === install.manager,
      );
      const lost = attempts.reduce((sum, attempt) => sum + attempt.secondsLost, 0);
      const pid = "pid" in process ? process.pid : undefined;
      yield {
        message: `${shortCommand(process)}${pid === undefined ? "" : ` (process ${pid})`} installs software while the job runs${lost < 0.05 ? "" : `, and lost ${seconds(Math.min(lost, recording.secondsLost || lost))} waiting for the network`}.`,
        fix: fixOf(
          "Install it while the image is built, and take the command out of the job.",
          instead(install),
        ),
        ...("pid" in process ? { location: { process } } : {}),
        subjects: [`install:${install.manager}`],
      };
    }
    const early = endedEarly(recording);
    if (told.size === 0 && early !== undefined)
      yield { notAssessed: `${early}, so a later installation would not have been seen` };
  },
});

/** Names that can stand in a Dockerfile as they are. */
const PLAIN = /^[A-Za-z0-9][\w.+=<>~!,[\]@/-]{0,80}$/;

function instead({ manager, packages }: Install): string {
  if (manager === "apt")
    return "RUN apt-get update && apt-get install -y --no-install-recommends <packages> && rm -rf /var/lib/apt/lists/*";
  if (manager === "R") return "RUN Rscript -e 'install.packages(\"<package>\")'";
  if (manager === "julia") return "RUN julia -e 'using Pkg; Pkg.instantiate()'";
  if (manager === "conda") return "RUN conda install -y <packages> && conda clean --all --yes";
  if (manager === "npm") return "RUN npm ci";
  if (manager === "uv") return "RUN uv sync --frozen";
  if (manager === "apk") return "RUN apk add --no-cache <packages>";
  if (packages.length === 0 || packages.length > 20 || !packages.every((name) => PLAIN.test(name)))
    return "RUN pip install --no-cache-dir -r requirements.txt";
  const names = packages.map((name) => (/[<>[\]!,~]/.test(name) ? `"${name}"` : name));
  return `RUN pip install --no-cache-dir ${names.join(" ")}`;
}
