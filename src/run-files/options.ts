import type { Range } from "../dockerfile/model.ts";
import type { RunFilesFacts, WordFile } from "./facts.ts";

/** One option of an option file, with its value whether it is joined by `=` or stands after it. */
export interface RunOption {
  readonly file: WordFile;
  readonly option: string;
  readonly value: string;
  readonly range: Range;
}

/** Options of `podman run` that stand alone. */
const ALONE = new Set(
  "-i -t -it -ti -d --detach --init --interactive --tty --rm --rmi --privileged --read-only --no-healthcheck --no-hosts --oom-kill-disable --publish-all -P --quiet -q --replace --sig-proxy --tls-verify --http-proxy --env-host --rootfs --disable-content-trust --no-https --nv --rocm --cleanenv --contain --containall --writable-tmpfs --fakeroot --keep-privs --allow-setuid --nvccli".split(
    " ",
  ),
);

export function runOptions(facts: RunFilesFacts): RunOption[] {
  return facts.files.flatMap((file) => (file.kind === "options" ? optionsOf(file, file.rows.flat()) : []));
}

/** A value may stand on the line after its option. */
function optionsOf(file: WordFile, row: WordFile["rows"][number]): RunOption[] {
  const options: RunOption[] = [];
  for (let index = 0; index < row.length; index++) {
    const word = row[index];
    if (word === undefined || !word.value.startsWith("-")) continue;
    const equals = word.value.indexOf("=");
    const joined = word.value.startsWith("--") && equals > 0;
    const option = joined ? word.value.slice(0, equals) : word.value;
    if (joined) options.push({ file, option, value: word.value.slice(equals + 1), range: word.range });
    else if (/^-[vpeuB]./.test(option) && !ALONE.has(option))
      options.push({
        file,
        option: option.slice(0, 2),
        value: option.slice(2).replace(/^=/, ""),
        range: word.range,
      });
    else if (ALONE.has(option)) options.push({ file, option, value: "", range: word.range });
    else {
      const next = row[index + 1];
      const isValue =
        next !== undefined &&
        (next.range.start.line === word.range.start.line || !next.value.startsWith("-"));
      options.push({ file, option, value: isValue ? next.value : "", range: word.range });
      if (isValue) index++;
    }
  }
  return options;
}
