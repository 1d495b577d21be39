/** Where a project is kept, as far as its folder shows: what git and the files that forges read say of it. */

/** What a remote's address says of its host; `folder` is a place on this machine. */
export type RemoteKind = "github" | "gitlab" | "other" | "folder";

/** A remote without its address, which may hold a password. */
export interface Remote {
  readonly kind: RemoteKind;
  /** Undefined for folders, and for what is no name of a host. */
  readonly host: string | undefined;
}

/** A file that tells a CI system what to do. */
export interface CiFile {
  /** Relative to the work tree, with forward slashes. */
  readonly path: string;
  /** True when it says in so many words that an image is built; what it leaves to other files is not looked at. */
  readonly buildsImages: boolean;
}

/** A program that proposes newer versions of what a project uses. */
export interface UpdateBot {
  readonly name: "Dependabot" | "Renovate";
  readonly path: string;
  /** True when it looks after the bases of Dockerfiles. */
  readonly readsDockerfiles: boolean;
}

/** The git work tree around a project. */
export interface WorkTree {
  readonly remotes: readonly Remote[];
  readonly ci: readonly CiFile[];
  readonly updateBots: readonly UpdateBot[];
  /** Ids of pre-commit's hooks; undefined where it is not set up. */
  readonly hooks: readonly string[] | undefined;
}

export interface RepositoryFacts {
  /** Undefined where no git work tree is around the project. */
  readonly workTree: WorkTree | undefined;
  /** The Dockerfiles that were looked at, relative to the work tree. */
  readonly dockerfiles: readonly string[];
  /** Those among them that git does not track; undefined where its list of files could not be read. */
  readonly untracked: readonly string[] | undefined;
}
