import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binarySizeOf } from "../findings/counting.ts";
import { NO_USAGE, type Recording } from "../run/recording.ts";
import jobFails from "./job-fails/rule.ts";
import { endingOf, homeLines, noSpace } from "./run-endings.ts";
import { speaksOfPermission, speaksOfUserName } from "./runs.ts";
import { recordingOf, runFacts, testProfile } from "./test-facts.ts";

const saying = (...tail: string[]): Recording =>
  recordingOf({
    exit: { code: 1, signal: null, cause: "exited", detail: "" },
    log: { file: "l", bytes: 1, truncated: false, tail },
  });

// Words that programs printed when they were run as a user whom no passwd file knows, and words from their issues.
describe("a user without a name", () => {
  it.each([
    ["CPython 3.11", "KeyError: 'getpwuid(): uid not found: 1998602116'"],
    ["CPython 3.13", "OSError: No username set in the environment"],
    ["pathlib", "RuntimeError: Could not determine home directory."],
    [
      "Node 20",
      "SystemError [ERR_SYSTEM_ERROR]: A system error occurred: uv_os_get_passwd returned ENOENT (no such file or directory)",
    ],
    ["Julia 1.8", "ERROR: LoadError: IOError: homedir(): no such file or directory (ENOENT)"],
    ["ssh", "No user exists for uid 1998602116"],
    ["whoami", "whoami: cannot find name for user ID 1998602116"],
    ["logname", "logname: no login name"],
    ["libpq", "local user with ID 1998602116 does not exist"],
    ["sudo", "sudo: you do not exist in the passwd database"],
    [
      "Spark",
      "javax.security.auth.login.LoginException: java.lang.NullPointerException: invalid null input: name",
    ],
  ])("is what %s speaks of", (_program, line) => {
    expect(speaksOfUserName([line])).toBe(true);
    expect(speaksOfUserName([`${line.slice(0, 4)} all is well`])).toBe(false);
  });
});

describe("a place that cannot be written", () => {
  it.each([
    ["CPython", "PermissionError: [Errno 13] Permission denied: '/.cache'"],
    ["R, a file", "  cannot open file '/opt/x.csv': Permission denied"],
    ["R, a compressed file", "  cannot open compressed file '//z', probable reason 'Permission denied'"],
    ["R, a library", "  'lib = \"/usr/local/lib/R/site-library\"' is not writable"],
    ["R without a temporary folder", "Fatal error: creating temporary file for '-e' failed"],
    ["Java, a folder", 'Exception in thread "main" java.nio.file.AccessDeniedException: /opt/app/?'],
    [
      "Java, preferences",
      "WARNING: Couldn't create user preferences directory. User preferences are unusable.",
    ],
    ["Node 20", "Error: EACCES: permission denied, mkdir '/opt/q'"],
    ["git", "error: could not lock config file //.gitconfig: Permission denied"],
    ["dash", "sh: 1: cannot create /opt/y: Permission denied"],
    ["touch", "touch: cannot touch '/opt/x': Permission denied"],
    ["Julia", 'ERROR: IOError: mkdir("/opt/julias"; mode=0o777): permission denied (EACCES)'],
    [
      "MATLAB Runtime",
      "Error: Could not access the MATLAB Runtime component cache. Details: fl:filesystem:PathNotFound",
    ],
    ["numba", "RuntimeError: cannot cache function 'f': no locator available for file '/opt/a.py'"],
  ])("is what %s speaks of", (_program, line) => {
    expect(speaksOfPermission([line])).toBe(true);
  });
});

describe("the last words", () => {
  const said = (...tail: string[]): string => {
    const [finding] = jobFails.check(runFacts(saying(...tail)), testProfile());
    return "message" in (finding ?? {}) ? String((finding as { message: string }).message) : "";
  };

  it("are Octave's first error, not where it was called from", () => {
    const message = said(
      "error: load: unable to find file /safe_data/d.csv",
      "error: called from",
      "    fit at line 2 column 1",
      "error: ignoring const execution_exception& while preparing to exit",
    );
    expect(message).toContain("“error: load: unable to find file /safe_data/d.csv”");
  });

  it("go on with the line in which R says what the error is", () => {
    expect(said("Error in read.csv(f) : ", "  no lines available in input", "Execution halted")).toContain(
      "“Error in read.csv(f) : no lines available in input”",
    );
  });
});

describe("endingOf", () => {
  it.each([
    [
      "./l: error while loading shared libraries: libnothere.so: cannot open shared object file: No such file or directory",
      "libnothere.so",
    ],
    [
      "Error loading shared library libgomp.so.1: No such file or directory (needed by /opt/fit)",
      "libgomp.so.1",
    ],
    ["ImportError: libGL.so.1: cannot open shared object file: No such file or directory", "libGL.so.1"],
    ["OSError: libcuda.so.1: cannot open shared object file: No such file or directory", "GPU"],
    ["RuntimeError: Found no NVIDIA driver on your system.", "GPU"],
    [
      "./fit: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by ./fit)",
      "GLIBC_2.38",
    ],
    ["/usr/bin/env: ‘python4’: No such file or directory", "python4"],
    ["bash: /tmp/b: cannot execute: required file not found", "interpreter"],
    ["bash: line 1: /tmp/b: /bin/nope: bad interpreter: No such file or directory", "interpreter"],
    ["sh: 1: /opt/fit: Exec format error", "another kind of processor"],
    ['Exception in thread "main" java.lang.OutOfMemoryError: Java heap space', "set aside for itself"],
    ["MemoryError", "memory that it asked for"],
    ["Error: cannot allocate vector of size 7450.6 Gb", "memory that it asked for"],
    ["terminate called after throwing an instance of 'std::bad_alloc'", "memory that it asked for"],
    ["RuntimeError: can't start new thread", "thread or process"],
    ["sh: 0: Cannot fork: Resource temporarily unavailable", "thread or process"],
    ["OSError: [Errno 24] Too many open files: '/scratch/a'", "files open"],
  ])("explains: %s", (line, words) => {
    expect(endingOf(saying("before", line, "Execution halted"))?.words).toContain(words);
  });

  it("says nothing of what it does not know, and takes any text", () => {
    expect(endingOf(saying("ValueError: no rows"))).toBeUndefined();
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 5000 }), { maxLength: 20 }), (tail) => {
        expect(() => [
          endingOf(saying(...tail)),
          noSpace(saying(...tail)),
          homeLines(saying(...tail), "/scratch"),
        ]).not.toThrow();
      }),
    );
  });
});

describe("noSpace", () => {
  it.each([
    ["dd: error writing '/scratch/y': No space left on device", undefined],
    ["OSError: [Errno 28] No space left on device", undefined],
    ["  Error writing to connection:  No space left on device", undefined],
    ["sqlite3.OperationalError: database or disk is full", undefined],
    [
      "ERROR: Unexpected bus error encountered in worker. This might be caused by insufficient shared memory (shm).",
      "/dev/shm",
    ],
  ])("hears: %s", (line, folder) => {
    expect(noSpace(saying(line))).toEqual({ folder, seen: false });
  });

  it("believes the file system before the words", () => {
    const usage = { ...NO_USAGE, full: [{ path: "/scratch", at: 1 }] };
    expect(noSpace({ ...saying("No space left on device"), usage })).toEqual({
      folder: "/scratch",
      seen: true,
    });
    expect(noSpace(saying("ValueError: no rows"))).toBeUndefined();
  });
});

describe("homeLines", () => {
  it("gives Java, MATLAB and Julia what HOME does not", () => {
    expect(homeLines(saying("all is well"), "/scratch")).toEqual(["ENV HOME=/scratch USER=shs LOGNAME=shs"]);
    const lines = (...tail: string[]): string => homeLines(saying(...tail), "/scratch").join("\n");
    expect(lines('Exception in thread "main" java.nio.file.AccessDeniedException: /?')).toContain(
      "-Duser.home=/scratch",
    );
    expect(lines("Error: Could not access the MATLAB Runtime component cache.")).toContain(
      "MCR_CACHE_ROOT=/scratch",
    );
    expect(lines('ERROR: IOError: mkdir("/.julia"; mode=0o777): permission denied (EACCES)')).toContain(
      "JULIA_DEPOT_PATH",
    );
  });
});

it("says sizes as limits are given", () => {
  expect([0, 1023, 64 * 1024 ** 2, 4 * 1024 ** 3, 1.5 * 1024 ** 3].map(binarySizeOf)).toEqual([
    "0 bytes",
    "1023 bytes",
    "64 MiB",
    "4 GiB",
    "1.5 GiB",
  ]);
});

describe("the last words of a job that failed", () => {
  const told = (...tail: string[]): string => {
    const facts = runFacts(saying(...tail));
    return [...jobFails.check(facts, testProfile())]
      .map((said) => ("message" in said ? said.message : ""))
      .join();
  };

  it.each([
    ["Python", "PermissionError: [Errno 13] Permission denied: 'results.csv'"],
    ["a library's own error", "requests.exceptions.ConnectionError: no route"],
    ["R", "Error in read.csv(path) : cannot open the connection"],
    ["Julia", "ERROR: LoadError: ArgumentError: no rows"],
    ["Java", 'Exception in thread "main" java.lang.IllegalStateException: no rows'],
  ])("are its error, whatever else was printed after it: %s", (_language, error) => {
    expect(told("starting", error, "warning: nothing is kept")).toContain(error);
    expect(told("starting", "warning: nothing is kept", error)).toContain(error);
  });

  it("are the last that it said where there is no error", () => {
    expect(told("starting", "no rows are left", "^^^^")).toContain("no rows are left");
  });
});
