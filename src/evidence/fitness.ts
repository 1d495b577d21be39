/** Whether an image's files suit the user and the machine that a job runs on, as the report has it. */
export interface FitnessSummary {
  /** Whom it was looked at for. */
  readonly user: { readonly uid: number; readonly gid: number };
  /** Programs in the order in which they start one another; a script has no architecture. */
  readonly programs: readonly {
    readonly path: string;
    readonly architecture: string | null;
    readonly libraries: number;
  }[];
  /** What these need to start and is not in the image. */
  readonly missing: readonly {
    readonly what: "library" | "loader" | "program" | "script";
    readonly name: string;
    readonly neededBy: string | null;
  }[];
  /** What the job needs and its user may not read; `closedBy` is the folder that is in the way, or the file itself. */
  readonly closed: readonly {
    readonly path: string;
    readonly variable: string | null;
    readonly closedBy: string;
  }[];
  /** Programs and libraries for each kind of machine. */
  readonly machines: Readonly<Record<string, FoundPaths>>;
  /** Libraries that some file asks for and that are nowhere in the image, with the files that ask. */
  readonly absentLibraries: Readonly<Record<string, FoundPaths>>;
  /** Folders that programs write to without being told. */
  readonly folders: readonly {
    /** The variable that names it, or WORKDIR. */
    readonly variable: string;
    readonly path: string;
    /** False where the image says nothing, and the place's own value counts. */
    readonly set: boolean;
    readonly state: "writable" | "creatable" | "mounted" | "mounted-read-only" | "not-writable" | "closed";
  }[];
  readonly setUserId: FoundPaths;
  readonly worldWritable: FoundPaths;
  readonly changeablePrograms: FoundPaths;
  readonly largeIds: FoundPaths;
  readonly deletedBelowMounts: FoundPaths;
  readonly leftOvers: FoundPaths;
  readonly openAccounts: readonly string[];
  readonly buildTools: readonly string[];
  /** What was not looked at, in words. */
  readonly notAssessed: readonly string[];
}

/** How many there are, and the first few. */
export interface FoundPaths {
  readonly count: number;
  readonly paths: readonly string[];
}
