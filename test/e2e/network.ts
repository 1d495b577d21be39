import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EngineName } from "../../src/engine/engine.ts";
import type { Report } from "../../src/evidence/report.ts";
import { type Contact, urlOf } from "../../src/run/contacts.ts";
import type { NetworkAttempt } from "../../src/run/recording.ts";
import { base, pratique, root } from "./support.ts";

/** One image that holds programs of many makes, each with its own host; one command explains them all. */

interface Program {
  readonly argv: readonly string[];
  /** What is attempted: a name, or an address with its port. */
  readonly wants: string;
  readonly protocol: NetworkAttempt["protocol"];
  /** The address that was asked for, or the kind of what was said. */
  readonly asks: string;
  readonly port: number;
  /** Words of the command line by which the report knows it. */
  readonly command: string;
  /** Seconds that it cannot but wait: the resolver's time-out, the kernel's, or its own. Other programs run beside it. */
  readonly waits: number;
}

const named = (name: string, argv: readonly string[], asks: string, secure = false): Program => ({
  argv,
  wants: `${name}.example.org`,
  protocol: "dns",
  asks,
  port: secure ? 443 : 80,
  command: argv.join(" "),
  // One time-out of the resolver; most go on from the search domain to the plain name, and wait for another.
  waits: 1,
});
const socket = (
  way: string,
  wants: string,
  protocol: "tcp" | "udp",
  asks: string,
  port: number,
  waits: number,
): Program => {
  const argv = ["python3", "/app/sockets.py", way];
  return { argv, wants, protocol, asks, port, command: argv.join(" "), waits };
};
const raw = (argv: readonly string[], wants: string): Program => ({
  argv,
  wants,
  protocol: "tcp",
  asks: "ssh",
  port: 22,
  command: argv.join(" "),
  waits: 3,
});

const PROGRAMS: Readonly<Record<string, Program>> = {
  glibc: named(
    "glibc",
    ["/app/glibc", "glibc.example.org", "/models/glibc.bin"],
    "http://glibc.example.org/models/glibc.bin",
  ),
  musl: {
    ...named(
      "musl",
      ["/app/musl", "musl.example.org", "/models/musl.bin"],
      "http://musl.example.org/models/musl.bin",
    ),
    waits: 5,
  },
  go: named("go", ["/app/go"], "https://go.example.org/models/go.bin", true),
  java: named(
    "java",
    ["java", "-Xshare:auto", "-cp", "/app", "Fetch"],
    "http://java.example.org/models/java.bin",
  ),
  node: named("node", ["node", "/app/fetch.cjs", "fetch"], "https://node.example.org/models/node.bin", true),
  cares: { ...named("cares", ["node", "/app/fetch.cjs", "cares"], "http://198.18."), waits: 3 },
  python: named(
    "python",
    ["python3", "/app/sockets.py", "fetch"],
    "https://python.example.org/models/a.bin?…",
    true,
  ),
  curl: named(
    "curl",
    ["curl", "-s", "-w", "seconds %{time_total}\\n", "http://curl.example.org/models/curl.bin"],
    "http://curl.example.org/models/curl.bin",
  ),
  r: {
    ...named("r", ["Rscript", "/app/fetch.R"], "https://r.example.org/models/r.csv", true),
    command: "fetch.R",
  },
  raw64: raw(["/app/raw64"], "192.0.2.10"),
  raw32: raw(["/app/raw32"], "192.0.2.11"),
  raw32calls: raw(["/app/raw32", "calls"], "192.0.2.12"),
  timed: socket("timed_out", "192.0.2.30", "tcp", "postgres", 5432, 3),
  smtp: socket("smtp", "192.0.2.31", "tcp", "smtp", 25, 2),
  write: socket("udp_write", "192.0.2.20", "udp", "statsd", 8125, 0),
  send: socket("udp_send", "192.0.2.21", "udp", "syslog", 514, 0),
  sendto: socket("udp_to", "192.0.2.22", "udp", "ntp", 123, 0),
  quic: socket("quic", "192.0.2.23", "udp", "quic", 443, 0),
};

/** Programs beside those in the table. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  ipv6: ["python3", "/app/sockets.py", "ipv6"],
  udp6: ["python3", "/app/sockets.py", "udp6"],
  other: ["python3", "/app/sockets.py", "other_server"],
  local: ["python3", "/app/sockets.py", "local"],
  nothing: ["python3", "/app/sockets.py", "nothing"],
};

/** Waits are sampled: where a machine has more to do than it can, part of one is missed, or it is thought to last longer. */
const SEEN_AT_LEAST = 0.65;
const INACCURACY = 0.6;

const sources = join(root, "test", "e2e", "network");

function makeProject(): string {
  const folder = mkdtempSync(join(tmpdir(), "network-"));
  const app = join(folder, "app");
  mkdirSync(app);
  const make = (program: string, ...args: string[]): void => {
    execFileSync(program, args, {
      cwd: sources,
      stdio: "pipe",
      env: { ...process.env, CGO_ENABLED: "0", GOTOOLCHAIN: "local", GOFLAGS: "" },
    });
  };
  const bare = ["-O1", "-nostdlib", "-static", "-ffreestanding", "-fno-stack-protector", "raw.c"];
  make("gcc", "-static", "-O1", "-o", join(app, "glibc"), "fetch.c");
  make("musl-gcc", "-static", "-O1", "-o", join(app, "musl"), "fetch.c");
  make("gcc", ...bare, "-o", join(app, "raw64"));
  make("gcc", "-m32", "-fno-pic", ...bare, "-o", join(app, "raw32"));
  make("go", "build", "-ldflags=-s -w", "-o", join(app, "go"), "fetch.go");
  make("javac", "--release", "11", "-d", app, "Fetch.java");
  for (const name of ["all.py", "sockets.py", "fetch.cjs", "fetch.R"])
    copyFileSync(join(sources, name), join(app, name));
  const programs = Object.entries(PROGRAMS).map(([name, { argv }]) => [name, argv] as const);
  writeFileSync(
    join(app, "programs.json"),
    JSON.stringify(Object.fromEntries([...programs, ...Object.entries(OTHERS)])),
  );
  writeFileSync(
    join(folder, "Dockerfile"),
    [
      `FROM ${base("LANGUAGES_BASE")}`,
      "RUN mkdir /safe_data /safe_outputs /scratch",
      "ENV HOME=/scratch TMPDIR=/scratch TMP=/scratch TEMP=/scratch",
      "COPY app /app/",
      'CMD ["python3", "/app/all.py"]',
      "",
    ].join("\n"),
  );
  // glibc heeds the variable; Go, musl, c-ares and others do not, and are told or take their own time.
  writeFileSync(
    join(folder, "pratique.yaml"),
    'version: 1\ntest:\n  timeout: 90s\n  env: {RES_OPTIONS: "timeout:1 attempts:1"}\n',
  );
  return folder;
}

const PROXY = "http://proxy.example.org:3128";

export function defineNetworkSuite(engine: EngineName): void {
  describe("the network", () => {
    let folder: string;
    let report: Report;
    beforeAll(async () => {
      folder = makeProject();
      const proxies = { http_proxy: PROXY, https_proxy: PROXY, HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY };
      const output = join(folder, "out");
      const args = ["test", folder, "--engine", engine, "--output", output, "--format", "json"];
      ({ report } = await pratique(args, { env: { ...proxies, ALL_PROXY: PROXY, no_proxy: "localhost" } }));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const recording = () => {
      if (report.recording === null) throw new Error(JSON.stringify(report.steps));
      return report.recording;
    };
    const printed = (name: string): string =>
      readFileSync(join(folder, "out", "safe_outputs", `${name}.log`), "utf8");
    const secondsOf = (name: string): number => Number(/seconds\s+([\d.]+)/.exec(printed(name))?.[1]);
    const attemptsAt = (target: string): NetworkAttempt[] =>
      recording().attempts.filter(({ host, address }) => (host ?? address) === target);
    const contactsAt = (target: string): Contact[] =>
      recording().contacts.filter(({ host, address }) => (host ?? address) === target);

    it("is observed whole, in both runs", () => {
      expect(recording().coverage).toMatchObject({
        network: { status: "observed" },
        names: { status: "observed" },
      });
      expect(recording().discover).toMatchObject({ status: "made", reason: "" });
      expect(recording().dropped).toMatchObject({ attempts: 0 });
    });

    it.each(Object.entries(PROGRAMS))("%s: the attempt, by whom, and how long it waited", (name, program) => {
      const attempts = attemptsAt(program.wants).filter(({ protocol }) => protocol === program.protocol);
      expect(attempts).toHaveLength(1);
      const [attempt] = attempts;
      expect(attempt?.process.command).toContain(program.command);
      if (program.protocol !== "dns") expect(attempt?.port).toBe(program.port);
      // Go takes a new socket when it repeats a query.
      if (name !== "go") expect(attempt?.count).toBe(name === "sendto" ? 3 : 1);
      expect(attempt?.lastAt).toBeGreaterThanOrEqual(attempt?.firstAt ?? Number.NaN);
      if (program.waits === 0) return;
      const measured = secondsOf(name);
      expect(measured, printed(name)).toBeGreaterThan(program.waits - 0.1);
      const lost = attempt?.secondsLost ?? 0;
      const words = `${lost} s lost, ${measured} s measured`;
      expect(lost, words).toBeGreaterThan(program.waits * SEEN_AT_LEAST);
      expect(lost, words).toBeLessThan(measured + INACCURACY + measured / 10);
    });

    it.each(Object.entries(PROGRAMS))("%s: what it asked for", (name, { wants, asks, port, command }) => {
      const contacts = contactsAt(wants).filter((contact) => contact.port === port);
      const said = contacts.map((contact) => urlOf(contact) ?? contact.kind);
      if (name === "cares") expect(said[0]).toMatch(/^http:\/\/198\.18\.\d+\.\d+\/models\/cares\.bin$/);
      else expect(said).toEqual([asks]);
      expect(contacts[0]?.process.command).toContain(command);
    });

    it("hangs until ETIMEDOUT, as the kernel has it", () => {
      expect(printed("timed")).toContain("TimeoutError 110");
      expect(secondsOf("timed")).toBeGreaterThan(2.9);
    });

    it("knows the server name where the request stays hidden", () => {
      expect(contactsAt("secure.example.org")).toMatchObject([
        { kind: "tls", serverName: "secure.example.org", request: null, port: 443 },
      ]);
    });

    it("sees IPv6, hanging or failing as the engine has it", () => {
      expect(attemptsAt("2001:db8::7")).toMatchObject([{ port: 443, protocol: "tcp", count: 1 }]);
      // Docker switches IPv6 off: a datagram never leaves.
      if (engine === "podman")
        expect(attemptsAt("2001:db8::20")).toMatchObject([{ port: 8125, protocol: "udp" }]);
    });

    it("sees queries to other name servers, and what they ask for", () => {
      expect(attemptsAt("192.0.2.53")).toMatchObject([{ port: 53, protocol: "udp" }]);
      const [asked] = attemptsAt("asked.example.org");
      expect(asked).toMatchObject({ protocol: "dns" });
      expect(asked?.process.command).toContain("other_server");
    });

    it("leaves local traffic alone, and sockets that only sort addresses", () => {
      expect(printed("local").match(/hello/g)?.length).toBeGreaterThanOrEqual(4);
      const commands = [...recording().attempts, ...recording().contacts].map(
        ({ process }) => process.command,
      );
      expect(commands.filter((command) => / (?:local|nothing)$/.test(command))).toEqual([]);
    });

    it("has no proxy of the host", () => {
      expect(recording().log.tail).toContain("proxies []");
      expect(JSON.stringify(recording())).not.toContain("proxy.example.org");
    });

    it("loses no more time than the run took, and no less than the longest wait", () => {
      const { attempts, seconds, secondsLost } = recording();
      expect(secondsLost).toBeLessThanOrEqual(seconds);
      expect(secondsLost).toBeGreaterThanOrEqual(Math.max(...attempts.map((attempt) => attempt.secondsLost)));
    });

    it("keeps the second run apart from the first, and secrets out of the report", () => {
      expect(readFileSync(join(folder, "out", "safe_outputs", "runs.txt"), "utf8")).toBe("run\n");
      expect(JSON.stringify(report)).not.toContain("hidden-token");
    });
  });
}
