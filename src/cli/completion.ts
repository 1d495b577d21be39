import type { CommandModel, OptionModel, ProgramModel, Values } from "./command-model.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that completes commands, options and their values. Of the words none is run when it is loaded. */
export function completionScript(shell: Shell, model: ProgramModel): string {
  return { bash, zsh, fish }[shell](model);
}

const isWords = (values: Values | undefined): values is readonly string[] => typeof values === "object";
const names = (option: OptionModel): string[] =>
  [option.short ?? "", option.long].filter((name) => name !== "");
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bash({ commands }: ProgramModel): string {
  const cases = commands.flatMap(({ name, options }) =>
    options.flatMap((option) => {
      if (option.values === undefined || option.values === "any") return [];
      const pattern = names(option)
        .map((word) => quoted(`${name} ${word}`))
        .join("|");
      const reply = isWords(option.values)
        ? `COMPREPLY=($(compgen -W ${quoted(option.values.join(" "))} -- "$cur"))`
        : option.values === "folder"
          ? 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur"))'
          : "";
      return [`    ${pattern}) ${reply}${reply === "" ? "" : "; "}return ;;`];
    }),
  );
  const words = commands.map(
    ({ name, options }) => `    ${name}) words=${quoted(options.flatMap(names).join(" "))} ;;`,
  );
  const values = commands.flatMap(({ name, arguments: [first] }) =>
    isWords(first?.values) ? [`    ${name}) words=${quoted(first.values.join(" "))} ;;`] : [],
  );
  return `# bash completion for pratique: pratique completion bash
_pratique() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} command= words= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} != -* ]]; then
      command=\${COMP_WORDS[i]}
      break
    fi
  done
  if [[ -z $command ]]; then
    COMPREPLY=($(compgen -W ${quoted([...commands.map(({ name }) => name), "help", "--help", "--version"].join(" "))} -- "$cur"))
    return
  fi
  case "$command $prev" in
${cases.join("\n")}
  esac
  if [[ $cur == -* ]]; then
    case $command in
${words.join("\n")}
    esac
  else
    case $command in
${values.join("\n")}
    help) words=${quoted(commands.map(({ name }) => name).join(" "))} ;;
    esac
  fi
  [[ -z $words ]] || COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _pratique pratique
`;
}

function zsh({ commands }: ProgramModel): string {
  const plain = (text: string): string => text.replace(/[[\]:\\]/g, "\\$&");
  const action = (values: Values): string => {
    if (isWords(values)) return `(${values.map((word) => word.replace(/[^\w.,=+@%/-]/g, "\\$&")).join(" ")})`;
    return { file: "_files", folder: "_files -/", any: " " }[values];
  };
  const option = (one: OptionModel): string[] =>
    names(one).map((name) => {
      const value = one.values === undefined ? "" : `:value:${action(one.values)}`;
      return quoted(`*${name}[${plain(one.description)}]${value}`);
    });
  const command = ({ name, options, arguments: given }: CommandModel): string => {
    const rest = given.map(({ name: word, values }, at) =>
      quoted(`${at === given.length - 1 ? "*" : at + 1}:${word}:${action(values)}`),
    );
    const all = [...options.flatMap(option), ...rest].map((word) => `        ${word}`);
    return `      ${name})\n        _arguments \\\n${all.join(" \\\n")}\n        ;;`;
  };
  return `#compdef pratique
# zsh completion for pratique: pratique completion zsh
_pratique() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C '(-)'{-h,--help}'[print help]' '(-)'{-V,--version}'[print the version]' '1:command:->command' '*::argument:->argument'
  case $state in
    command)
      local -a commands=(
${commands.map(({ name, description }) => `        ${quoted(`${name}:${plain(description)}`)}`).join("\n")}
      )
      _describe command commands
      ;;
    argument)
      case $words[1] in
${commands.map(command).join("\n")}
      esac
      ;;
  esac
}
if [[ $funcstack[1] == _pratique ]]; then
  _pratique "$@"
else
  compdef _pratique pratique
fi
`;
}

function fish({ commands }: ProgramModel): string {
  // In fish, only \\ and ' mean something between single quotes.
  const text = (words: string): string => `'${words.replace(/[\\']/g, "\\$&")}'`;
  const lines = commands.flatMap(({ name, description, options, arguments: given }) => {
    const here = `complete -c pratique -n '__fish_seen_subcommand_from ${name}'`;
    const [first] = given;
    return [
      `complete -c pratique -f -n __fish_use_subcommand -a ${name} -d ${text(description)}`,
      ...(isWords(first?.values) ? [`${here} -f -a ${text(first.values.join(" "))}`] : []),
      ...options.map(({ short, long, description: meaning, values }) => {
        const flag = `${short === undefined ? "" : ` -s ${short.slice(1)}`} -l ${long.slice(2)}`;
        const value = isWords(values)
          ? ` -x -a ${text(values.join(" "))}`
          : values === undefined
            ? ""
            : { file: " -r -F", folder: " -x -a '(__fish_complete_directories)'", any: " -x" }[values];
        return `${here}${flag}${value} -d ${text(meaning)}`;
      }),
    ];
  });
  return `# fish completion for pratique: pratique completion fish\n${lines.join("\n")}\n`;
}
