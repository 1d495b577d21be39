import { binarySizeOf } from "../findings/counting.ts";
import type { Profile } from "../profiles/profile.ts";
import type { Recording } from "../run/recording.ts";
import { fixOf } from "./helpers.ts";

/**
 * What the last words of a program mean. The texts are those of the programs themselves, as they were printed by glibc
 * 2.36, musl 1.2, bash 5.2, CPython 3.11, R 4.2, OpenJDK 17 and Node 20, and as PyTorch, Julia and MATLAB document them.
 */
interface Ending {
  readonly pattern: RegExp;
  /** The rest of a sentence that begins with the program's name; `$1` is what the pattern found first. */
  readonly words: string;
  readonly fix: (found: string) => string;
}

const ENDINGS: readonly Ending[] = [
  {
    // Drivers belong to the machine: no image should carry them, and a test without a GPU has none.
    pattern:
      /(lib(?:cuda|nvidia-ml)\.so[.\d]*): cannot open shared object file|(?:Found no NVIDIA driver|no NVIDIA GPU detected|CUDA driver version is insufficient|No CUDA GPUs are available)/,
    words: "needs a GPU and its driver, which the test does not have",
    fix: () =>
      fixOf(
        "Let the program fall back to the processor, so that it can be tried without a GPU.",
        'device = "cuda" if torch.cuda.is_available() else "cpu"',
      ),
  },
  {
    pattern: /error while loading shared libraries: ([\w.+-]+): cannot open shared object file/,
    words: "needs the library $1, which is not in the image",
    fix: libraryFix,
  },
  {
    pattern: /Error loading shared library ([\w.+-]+): No such file or directory/,
    words: "needs the library $1, which is not in the image",
    fix: libraryFix,
  },
  {
    pattern:
      /\b([\w+-]+\.so[\w.]*): cannot open shared object file: No such file or directory|unable to load shared object '([^']+)'/,
    words: "needs the library $1, which is not in the image",
    fix: libraryFix,
  },
  {
    pattern: /version [`'‘]((?:GLIBC|GLIBCXX|CXXABI)_[\d.]+)['’] not found/,
    words: "was compiled for a newer system than the image's: it needs $1",
    fix: () =>
      fixOf(
        "Compile it in the image where it runs, or take a newer base image for both.",
        "RUN pip install --no-cache-dir --no-binary :all: <package>",
      ),
  },
  {
    pattern: /env: [‘']?([^:’']+)[’']?: No such file or directory/,
    words: "needs $1, which is not in the image or not in PATH",
    fix: (found) => fixOf("Install it, or name it with its whole path.", `RUN command -v ${found}`),
  },
  {
    pattern: /(?:bad interpreter: |cannot execute: required file not found)/,
    words:
      "could not start another program: the interpreter that its first line names, or the loader that it was built for, is not in the image",
    fix: () => fixOf("Change the first line of the script, and save it with Unix line ends.", "#!/bin/sh"),
  },
  {
    pattern: /Exec format error|cannot execute binary file/,
    words: "could not start another program: it is made for another kind of processor",
    fix: () => fixOf("Build for the Safe Haven's machines.", "docker build --platform linux/amd64 ."),
  },
  {
    pattern:
      /OutOfMemoryError: (Java heap space|GC overhead limit exceeded|Metaspace)|JavaScript heap out of memory/,
    words: "used up the memory that it had set aside for itself, which is less than the job has",
    fix: () =>
      fixOf(
        "Let the heap follow the job's memory.",
        "ENV JAVA_TOOL_OPTIONS=-XX:MaxRAMPercentage=75",
        "ENV NODE_OPTIONS=--max-old-space-size=3072",
      ),
  },
  {
    pattern:
      /^MemoryError\b|\bMemoryError: |Unable to allocate [\d.]+ [KMGTP]iB|cannot allocate (?:vector of size|memory)|std::bad_alloc|OutOfMemoryError\(\)|Cannot allocate memory/i,
    words: "could not get the memory that it asked for",
    fix: () =>
      fixOf(
        "Use less memory at a time, or test with the memory that your job will ask for, in pratique.yaml.",
        "test:",
        "  memory: 16g",
      ),
  },
  {
    pattern: /can't start new thread|Resource temporarily unavailable|fork: retry|pthread_create failed/,
    words: "could not start another thread or process: the job may have only so many",
    fix: () =>
      fixOf(
        "Start fewer: as many as the job asks processors for.",
        "ENV OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2",
      ),
  },
  {
    // R 4.2 names the library beforehand, in a warning: it is the image's, which the job's user may not write.
    pattern: /^Error in install\.packages\((?:"([\w.]{1,100})")?/,
    words:
      "installs packages while it runs: it may not write to the library of packages, and no repository can be reached",
    fix: (found) =>
      fixOf(
        "Install them while the image is built, and take the line out of the code.",
        `RUN Rscript -e 'install.packages("${found === "" ? "<package>" : found}")'`,
      ),
  },
  {
    pattern: /Too many open files/,
    words: "had more files open than it may",
    fix: () => "Close files when they are read, or read them one after the other.",
  },
];

function libraryFix(found: string): string {
  return fixOf(
    `Install the system package that holds ${found}.`,
    "RUN apt-get update && apt-get install -y --no-install-recommends <package> && rm -rf /var/lib/apt/lists/*",
  );
}

/** Lines that are looked at, and how much of each. */
const linesOf = (recording: Recording): string[] => recording.log.tail.map((line) => line.slice(0, 2000));

/** What the program's last words say about its end; the last that says something counts. */
export function endingOf(recording: Recording): { words: string; fix: string } | undefined {
  for (const line of linesOf(recording).reverse()) {
    for (const { pattern, words, fix } of ENDINGS) {
      const match = pattern.exec(line);
      if (match === null) continue;
      const found = (match[1] ?? match[2] ?? "").slice(0, 100);
      return { words: words.replace("$1", () => found), fix: fix(found) };
    }
  }
  if (recording.exit.signal === "SIGILL") {
    return {
      words:
        "was ended because this machine's processor does not know one of its instructions: it was compiled for a newer one",
      fix: "Take a build for common processors (x86-64), or compile without -march=native.",
    };
  }
  return undefined;
}

/** PyTorch's own words, and what a process dies of that writes to memory which cannot be had. */
const SHARED_MEMORY_WORDS =
  /out of shared memory|insufficient shared memory|shared memory limit|Bus error|unable to (?:open|write to|allocate|mmap).{0,40}shared memory|No space left on device.{0,80}\/dev\/shm|\/dev\/shm\/.{0,200}No space left on device/i;
const NO_SPACE_WORDS = /No space left on device|\bENOSPC\b|Disk quota exceeded|database or disk is full/i;

/** Where there was no room left during the run: seen in the file system, or said by the program. */
export function noSpace(recording: Recording): { folder: string | undefined; seen: boolean } | undefined {
  const [full] = recording.usage.full;
  const shared = "/dev/shm";
  const lines = linesOf(recording);
  if (
    recording.exit.signal === "SIGBUS" ||
    recording.exit.code === 128 + 7 ||
    lines.some((line) => SHARED_MEMORY_WORDS.test(line))
  ) {
    return { folder: shared, seen: recording.usage.full.some(({ path }) => path === shared) };
  }
  if (full !== undefined) return { folder: full.path, seen: true };
  return lines.some((line) => NO_SPACE_WORDS.test(line)) ? { folder: undefined, seen: false } : undefined;
}

/** How to give some languages a home: HOME alone does not do for them. */
export function homeLines(recording: Recording, scratch: string): string[] {
  const text = `${recording.argv.join(" ")}\n${linesOf(recording).join("\n")}`;
  const programs = recording.processes.map(({ executable }) => executable).join("\n");
  const lines = [`ENV HOME=${scratch} USER=shs LOGNAME=shs`];
  if (/\bjava\.|\.java:\d|Exception in thread "/.test(text) || /\/java$/m.test(programs))
    lines.push(`ENV JAVA_TOOL_OPTIONS=-Duser.home=${scratch}`);
  if (/MATLAB Runtime|MCR (?:component )?cache|mcrcache|prefdir/i.test(text) || /\/matlab/i.test(programs))
    lines.push(`ENV MCR_CACHE_ROOT=${scratch} MATLAB_PREFDIR=${scratch}/.matlab`);
  if (/\bIOError: |JULIA_|\.julia\b/.test(text) || /\/julia[^/]*$/m.test(programs))
    lines.push(`ENV JULIA_DEPOT_PATH=${scratch}/.julia:/opt/julia-depot`);
  if (/matplotlib/i.test(text)) lines.push(`ENV MPLCONFIGDIR=${scratch}/.matplotlib`);
  return lines;
}

/** The memory that the job had, as the run had it in force. */
export const memoryLimit = (recording: Recording, profile: Profile): string | undefined => {
  const { memory } = recording.usage.limits;
  return memory === null ? profile.runtimes[recording.runtime]?.memory.value : binarySizeOf(memory);
};
