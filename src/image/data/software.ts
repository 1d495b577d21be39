/**
 * Where software keeps what is its own: test data, examples, keys for tests, documents. Nothing there is taken for a
 * researcher's data or for a secret; what somebody puts there all the same is not seen.
 */
const FOLDERS = new RegExp(
  `^/(?:${[
    "bin|boot|dev|lib(?:32|64|x32)?|nix|proc|sbin|snap|sys",
    "usr/(?:bin|games|include|lib(?:32|64|x32|exec)?|sbin|share)",
    "usr/local/(?:bin|cuda[^/]*|games|go|include|julia[^/]*|lib(?:64)?|sbin|share)",
    "usr/src/(?:linux|python|kernels)[^/]*",
    "var/(?:cache|lib/(?:apk|apt|dpkg|gems|ghc|pacman|python|rpm|texmf|ucf|update-[^/]*|dnf|yum|systemd|polkit-1|pam|misc))",
    "etc/(?:ssl|pki|ca-certificates|java[^/]*|fonts|X11|alternatives|apt|profile\\.d|init\\.d|pam\\.d|security)",
    "go/pkg|root/go/pkg",
    "opt/(?:java|jdk[^/]*|julia[^/]*|nvidia|intel|R/[^/]+/lib|rocm[^/]*|TinyTeX)",
  ].join("|")})(?:/|$)`,
);

/** Wherever they are: what package managers unpack, and environments of Python and conda. */
const ANYWHERE = new RegExp(
  `/(?:${[
    "site-packages|dist-packages|node_modules|conda-meta|bower_components|__pycache__|site-library",
    "\\.julia/(?:artifacts|clones|compiled|packages|registries)|\\.cargo/registry|\\.rustup|\\.npm|\\.m2|\\.gem|\\.ivy2|\\.gradle",
    "\\.pyenv/versions|\\.nvm|\\.sdkman|\\.TinyTeX|renv/(?:cache|library)|R/[\\w-]+-library",
    "\\.?venv/(?:bin|include|lib\\w*|share)",
    "(?:ana|mini|micro)?(?:conda|mamba|forge)[\\w.]*/(?:envs/[^/]+/)?(?:bin|compiler_compat|condabin|etc|include|lib\\w*|man|pkgs|sbin|share|shell|ssl|x86_64[^/]*)",
    "envs/[^/]+/(?:bin|include|lib\\w*|man|share|ssl)",
  ].join("|")})/`,
);

/** Answers for the files of one layer, which mostly come folder by folder. */
export function softwareFolders(): (path: string, name: string) => boolean {
  let folder = "";
  let answer = false;
  return (path, name) => {
    const length = path.length - name.length;
    if (length !== folder.length || !path.startsWith(folder)) {
      folder = path.slice(0, length);
      answer = FOLDERS.test(folder) || ANYWHERE.test(folder);
    }
    return answer;
  };
}

/** Linux opens no longer path: one in an archive is there to fill the memory. */
export const LONGEST_PATH = 4096;
export const TOO_LONG = `files with paths of more than ${LONGEST_PATH} letters`;
