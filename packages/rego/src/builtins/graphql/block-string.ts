/**
 * The value of a block string: without common indentation, and without blank lines at its ends.
 * https://spec.graphql.org/October2021/#BlockStringValue(), but the first line counts as the others do, as in gqlparser.
 */
export function blockStringValue(raw: string): string {
  const lines = raw.split("\n");
  const indents = lines.map(indentOf).filter((indent) => indent !== undefined);
  const common = indents.length === 0 ? 0 : Math.min(...indents);
  const cut = lines.map((line, i) => (i === 0 ? line : line.slice(common)));
  const first = cut.findIndex((line) => indentOf(line) !== undefined);
  const last = cut.findLastIndex((line) => indentOf(line) !== undefined);
  return first < 0 ? "" : cut.slice(first, last + 1).join("\n");
}

/** Undefined for a blank line. */
function indentOf(line: string): number | undefined {
  const at = line.search(/[^ \t]/);
  return at < 0 ? undefined : at;
}
