/**
 * `$(NAME)` in a command, an argument or a variable's value, as Kubernetes reads it: `$$` stands for one `$`, and a name that
 * is not known stays as it is written (k8s.io/kubernetes/third_party/forked/golang/expansion).
 */
export function expandReferences(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) =>
    name === undefined ? "$" : (variables.get(name) ?? whole),
  );
}

/** The text that Kubernetes makes the given one of; references to the names stay what they are. */
export function escapeReferences(text: string, names: readonly string[] = []): string {
  return text.replace(/(\$+)(\(([A-Za-z_]\w*)\)|\()?/g, (whole, run: string, rest = "", name = "") => {
    const meant = run.length === 1 && (rest === "" || names.includes(name));
    return meant ? whole : `${run}${run}${rest}`;
  });
}
