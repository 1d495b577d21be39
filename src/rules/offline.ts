import type { Draft } from "../findings/finding.ts";
import type { Library } from "../knowledge/library.ts";
import type { LibraryUse, Place } from "../source/facts.ts";
import { fixOf } from "./helpers.ts";
import { hideSecrets } from "./secrets.ts";

/** Place and text of something found in code, ready to spread into a draft. */
export const useLocation = (use: Place): Pick<Draft, "location" | "excerpt"> => ({
  location: {
    file: use.file,
    startLine: use.line,
    startColumn: use.startColumn,
    endLine: use.line,
    endColumn: use.endColumn,
  },
  excerpt: hideSecrets(use.excerpt),
});

/** ENV lines for variables that do not depend on the project. */
export const environmentLines = (variables: Readonly<Record<string, string>>): string[] =>
  Object.entries(variables)
    .filter(([name, value]) => /^[A-Za-z_]\w*$/.test(name) && !/[<>\s;]/.test(value) && value !== "")
    .map(([name, value]) => `ENV ${name}=${value}`);

/** Libraries whose use is the installation itself, not a program that may come to install. */
const INSTALLERS = new Set("pip-runtime conda shell-fetch npm r-install-packages renv julia-pkg".split(" "));

/** Software is installed there and then: not by an import, and not by a download of something else. */
export const isInstall = ({ by, name, library: id }: LibraryUse, { category }: Library): boolean =>
  category === "install" &&
  by !== "import" &&
  INSTALLERS.has(id) &&
  (id !== "shell-fetch" || /^(?:apt|apk|dnf|yum|microdnf|zypper)/.test(name)) &&
  (id !== "conda" || !/^\S+\s+(?:activate|init)\b/.test(name)) &&
  (id !== "renv" || /restore|install/.test(name));

/** Hosts that a use wants: the one that it names, else those that its library is known for. */
export function hostsOf(library: Library, use: LibraryUse): string[] {
  const named =
    /^[a-z][\w+.-]*:\/\/(?:[^/\s@]*@)?([\w.-]+)/i.exec(use.wanted ?? "") ??
    /\bhttps?:\/\/(?:[^/\s@]*@)?([\w.-]+)/.exec(use.name);
  const host = named?.[1];
  if (host?.includes(".") === true && /^(?:https?|ftp)/i.test(named?.[0] ?? "")) return [host.toLowerCase()];
  return library.downloads_from.filter((one) => /^[\w.*-]+$/.test(one) && one.includes("."));
}

/** The fix for the Dockerfile and the fix for the code, each under its name. */
export function twoFixes(library: Library, use: LibraryUse): string {
  const advice = library.api_fix.replace(/\s+/g, " ").trim();
  const build = buildLine(library, use);
  const aboutBuild = /\b(?:build|Dockerfile|RUN)\b/.test(advice);
  const lines = [
    ...environmentLines(library.env_fix),
    ...(build === undefined ? [] : [build]),
    ...(aboutBuild && (build === undefined || build.startsWith("#")) ? [`# ${advice}`] : []),
  ];
  return fixOf(
    SENTENCES[library.category] ?? "Fetch it while the image is built, and let the code find it there.",
    "# In the Dockerfile:",
    ...(lines.length === 0
      ? ["# nothing to add: the data come in with the project, below /safe_data"]
      : lines),
    `# In the code (${use.file}):`,
    CODE_LINES[library.id] ??
      (aboutBuild || advice === "" || advice === "-"
        ? "# nothing to change once that is there"
        : `# ${advice}`),
  );
}

const SENTENCES: Readonly<Record<string, string>> = {
  telemetry: "Switch the reports off.",
  "online-service": "Bring the data in with the project, and read them from a file.",
};

const CODE_LINES: Readonly<Record<string, string>> = {
  nltk: "# leave nltk.download() out: the files are found through NLTK_DATA",
  "shell-fetch": "# leave the line out: the file is in the image",
  "torch-hub": "torch.hub.load('/opt/<repository>', '<model>', source='local')",
};

/** The line that fetches while building. */
function buildLine({ id, category, imports }: Library, use: LibraryUse): string | undefined {
  if (category === "telemetry" || category === "online-service") return undefined;
  const { wanted } = use;
  const name = wanted !== undefined && /^[\w][\w./:-]{0,80}$/.test(wanted) ? wanted : undefined;
  const made = name === undefined ? undefined : BUILD_LINES[id]?.(name);
  if (made !== undefined) return made;
  if (use.by === "command") return `RUN ${hideSecrets(use.name)}`;
  const [module] = imports?.python ?? [];
  if (use.by === "call" && module !== undefined && use.name.startsWith(module) && name !== undefined)
    return `RUN python -c "import ${module}; ${use.name}('${name}')"`;
  return "# RUN … the same call once, so that its files are in the image";
}

const BUILD_LINES: Readonly<Record<string, (name: string) => string>> = {
  nltk: (name) => `RUN python -m nltk.downloader -d /usr/local/share/nltk_data ${name}`,
  spacy: (name) => `RUN python -m spacy download ${name}`,
  "torch-hub": (name) => `RUN python -c "import torch; torch.hub.load('${name}', '<model>')"`,
  whisper: (name) => `RUN python -c "import whisper; whisper.load_model('${name}')"`,
  ollama: (name) => `RUN ollama serve & sleep 5 && ollama pull ${name}`,
};
