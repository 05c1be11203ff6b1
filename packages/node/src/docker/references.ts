/** `$$` and `$(NAME)`, which kubelet replaces in commands, arguments and variables, and docker does not. */
const reference = /\$(?:\$|\(([^)]*)\))/g;

/** A text that kubelet hands on as it is, beside variables of these names. */
export function literalText(text: string, names: ReadonlySet<string>): string {
  return text.replace(reference, (all, name) =>
    name === undefined || names.has(name) ? `${all.replace("$", "$$$$")}${name === undefined ? "$" : ""}` : all,
  );
}

/** A text as kubelet hands it on; `lost` are the names of variables whose values only the cluster knows. */
export function expandedText(
  text: string,
  values: ReadonlyMap<string, string | undefined>,
): { readonly text: string; readonly lost: readonly string[] } {
  const lost: string[] = [];
  const expanded = text.replace(reference, (all, name) => {
    if (name === undefined) return "$";
    if (!values.has(name)) return all;
    const value = values.get(name);
    if (value === undefined) lost.push(name);
    return value ?? all;
  });
  return { text: expanded, lost };
}
