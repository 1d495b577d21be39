import type { Profile, Runtime, Sourced } from "../src/profiles/profile.ts";

type Row = readonly [name: string, cell: (runtime: Runtime) => string];

const said = (text: string, { source }: Sourced<unknown>): string =>
  `${text} <sub>${source === "assumed" ? "assumed" : source}</sub>`;
const value = (of: Sourced<string | number>): string => said(`\`${of.value}\``, of);
const listed = (of: Sourced<readonly string[]>, none: string): string =>
  said(of.value.length === 0 ? none : of.value.map((one) => `\`${one}\``).join(" "), of);

function mountRow(directory: "data" | "outputs" | "scratch" | "home", name: string): Row {
  return [
    name,
    ({ mounts }) => {
      const mount = mounts.find((one) => one.value.directory === directory);
      if (mount === undefined) return "not mounted";
      const { access, contents, kept } = mount.value;
      return said(`${access}, ${contents}, ${kept ? "kept" : "removed at the end"}`, mount);
    },
  ];
}

const ROWS: readonly Row[] = [
  ["Started by", ({ startedBy }) => said(startedBy.value, startedBy)],
  ["User", ({ user, group }) => said(`\`${user.value}:${group.value}\``, user)],
  ["Entry in passwd", ({ passwdEntry }) => said(passwdEntry.value ? "yes" : "no", passwdEntry)],
  [
    "HOME",
    ({ home, imageHome }) =>
      said(
        `\`${home.value}\`${imageHome.value ? " unless the image sets it" : ", whatever the image sets"}`,
        home,
      ),
  ],
  [
    "Starts in",
    ({ workingDirectory }) =>
      said(workingDirectory.value === "image" ? "the image's WORKDIR" : "HOME", workingDirectory),
  ],
  ["Root file system", ({ rootFileSystem }) => said(rootFileSystem.value, rootFileSystem)],
  mountRow("data", "/safe_data"),
  mountRow("outputs", "/safe_outputs"),
  mountRow("scratch", "/scratch"),
  mountRow("home", "HOME's folder"),
  ["Other writable folders", ({ temporary }) => listed(temporary, "none")],
  ["/dev/shm", ({ sharedMemory }) => value(sharedMemory)],
  ["Memory", ({ memory }) => value(memory)],
  ["Processes", ({ processes }) => value(processes)],
  ["Capabilities", ({ capabilities }) => listed(capabilities, "none")],
  ["No new privileges", ({ noNewPrivileges }) => said(noNewPrivileges.value ? "yes" : "no", noNewPrivileges)],
  [
    "Variables added",
    ({ environment }) => listed({ ...environment, value: Object.keys(environment.value) }, "none"),
  ],
  ["Proxy variables", ({ proxy }) => said(proxy.value, proxy)],
  ["Terminal", ({ terminal }) => said(terminal.value ? "yes" : "none", terminal)],
  ["Network", ({ network }) => said("a black hole", network)],
  ["Name server", ({ nameserver }) => value(nameserver)],
  ["Search domains", ({ searchDomains }) => listed(searchDomains, "none")],
  ["Resolver's options", ({ resolverOptions }) => listed(resolverOptions, "none")],
  ["Longest run there", ({ timeLimit }) => (timeLimit === undefined ? "no document says" : value(timeLimit))],
  ["Longest test", ({ testTime }) => value(testTime)],
];

/** The page about runtimes: what is common to all profiles, then each profile's own values. */
export const runtimesPage = (profiles: readonly Profile[]): string =>
  [INTRODUCTION, ...profiles.map(profilePart)].join("\n\n");

function profilePart(profile: Profile): string {
  const runtimes = Object.entries(profile.runtimes);
  const limited = profile.statements.filter(({ runtimes: able }) => able !== undefined);
  return [
    `## ${profile.title} (\`${profile.id}\`)`,
    `\`${profile.defaultRuntimes.value.join("`, `")}\` decides unless others are named. Beside each value stands the statement of the profile that it comes from; *assumed* where no document says (for most of Podman's and Apptainer's it is their own default).`,
    [
      `| | ${runtimes.map(([id]) => `\`${id}\``).join(" | ")} |`,
      `|---|${runtimes.map(() => "---|").join("")}`,
      ...ROWS.map(
        ([name, cell]) => `| ${name} | ${runtimes.map(([, runtime]) => cell(runtime)).join(" | ")} |`,
      ),
    ].join("\n"),
    "Statements that not every runtime can show:",
    limited
      .map(({ id, runtimes: able = [], text }) => `- **${id}** (${able.join(", ")}): ${text}`)
      .join("\n"),
    ...runtimes.flatMap(([id, { title, foreseen, notImitated }]) => [
      `### \`${id}\`: ${title}`,
      `${foreseen === true ? "Announced only: it is shown and never decides a verdict. " : ""}Not imitated:`,
      notImitated.map((text) => `- ${text}`).join("\n"),
    ]),
    "",
  ].join("\n\n");
}

const INTRODUCTION = `# Runtimes

<!-- Made from the profiles by “npm run generate”: do not edit. -->

A place may start containers in several ways, and an image that works in one can fail in another. A test runs the image as
each of them would:

    pratique check my-project                            the profile's own choice
    pratique check my-project --runtime podman,apptainer  these, and they decide
    pratique check my-project --matrix                   all others beside those that decide

\`test.runtimes\` in [pratique.yaml](configuration.md) says the same for good. The image is built and inspected once.

## The table

With more than one runtime the screen, \`report.json\` (\`runtimes\`) and the page have a table of runtimes and requirements. A
column says what a test in this runtime alone would have said; each cell is *pass*, *fail*, *waived* or *not assessed*, with
its reason. A finding names the runtimes that it was seen in, and one mistake in several of them is one finding.

- **The verdict is made of the runtimes that decide**: those that were named, else the profile's. A requirement holds where
  it holds in all of them. What happens only in the others is a remark and a cell in the table.
- A runtime can show some statements and not others: a run as root says nothing about other users. What it cannot show
  is *not assessed* there; a must that none of the deciding runtimes can show leaves the verdict *incomplete*.
- What is only announced never decides. \`--foreseen\` adds it.
- A runtime beside the verdict that could not be run says why and fails nothing; one that decides fails the step.

## By what the containers are started

Docker or Podman start them all. Where \`apptainer\` (or \`singularity\`) is installed it starts what Apptainer starts in the
place: the image is saved, made into a SIF file and run with \`--contain\`, without a network, as the user that runs pratique;
names that the program looks up, and limits of memory and processes, are then missing. It was tested with a program that
stands for it, not with Apptainer itself. The report says what started each runtime (\`startedWith\`) and whether this was
an imitation.

Everywhere the program runs under the recorder, so that it has no_new_privs and set-user-ID programs gain nothing, and
limits of open files are the machine's.

## Files for \`ces-run\`

\`--opt-file\`, \`--arg-file\` and \`--env-file\` take the files that \`ces-run\` takes, and apply to the runtimes that it starts
(\`podman\`, \`apptainer\`, \`ood\`).

- **Environment file**: \`NAME=value\` lines; quotes, \`$\` and blanks are part of the value. \`NAME\` alone takes the value from
  where pratique runs. Values are never shown, and never stand on a command line. Some versions of Node (20 among them)
  read what stands behind \`--env-file\` for themselves before pratique starts: \`NODE_OPTIONS\` in it then acts on this machine, and
  a pipe is empty afterwards. \`--ces-env-file\` is the same option, unseen by Node: use it for pipes and for files of other people.
- **Argument file**: words as a shell splits them, in place of \`CMD\`. \`$USER\` stays as it is, with a note.
- **Option file**: options of the runtime. Applied are, for Podman, \`-e\`, \`-v\`, \`--mount\` (bind, tmpfs), \`--tmpfs\`, \`--memory\`,
  \`--shm-size\`, \`--pids-limit\`, \`--workdir\`, \`--entrypoint\` and \`--read-only\`; for Apptainer \`--env\`, \`--bind\`, \`--mount\`, \`--memory\`,
  \`--pids-limit\` and \`--pwd\`. Of any other, such as \`-it\`, \`-p\` and \`--gpus\`, the report says that it was not applied. A folder that is mounted for
  writing is the real one.
- Options that open the container to its machine (\`--privileged\`, \`--network=host\`, \`-v /:/x\`, ...) are refused before
  anything is built, with file and line.

## EPCC's own table

EPCC keeps a table by hand for its samples: Julia, Octave and Postgres work with Podman and Apptainer and are to be confirmed
on the cluster, Python and Quarto work everywhere, Rocker does not work on the cluster (CES-10). It says that a container
was started and did its work, on the real machines. The table here is made by a run on the desk: it says why, and it
cannot say what a desk does not have. What that is stands below, runtime by runtime.`;
