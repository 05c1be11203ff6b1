import { yamlText } from "@sallyport/rego/yaml";

/**
 * YAML as Go's yaml.v3 writes it: four spaces a level, counted in lists from the dash; keys sorted but at the levels above `sortedFrom`,
 * where Go has structs.
 */
export function goYaml(value: unknown, sortedFrom = 0): string {
  return `${block(value, 0, sortedFrom).join("\n")}\n`;
}

function block(value: unknown, indent: number, sortedFrom: number): readonly string[] {
  const pad = " ".repeat(indent);
  if (Array.isArray(value)) return value.flatMap((item) => listItem(item, indent, sortedFrom - 1));
  return entriesOf(value as object, sortedFrom).flatMap(([key, each]) => entry(pad, key, each, indent, sortedFrom - 1));
}

function entriesOf(value: object, sortedFrom: number): readonly (readonly [string, unknown])[] {
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return sortedFrom > 0 ? entries : entries.sort(([a], [b]) => (a < b ? -1 : 1));
}

function entry(pad: string, key: string, value: unknown, indent: number, sortedFrom: number): readonly string[] {
  const head = `${pad}${scalar(key)}:`;
  if (isNested(value)) return [head, ...block(value, indent + 4, sortedFrom)];
  return scalarLines(head, value, indent + 4);
}

/** The dash stands in the place of the first two spaces of what it leads. */
function listItem(item: unknown, indent: number, sortedFrom: number): readonly string[] {
  const pad = " ".repeat(indent);
  if (!isNested(item)) return scalarLines(`${pad}-`, item, indent + 4);
  if (Array.isArray(item)) return afterDash(pad, block(item, indent + 2, sortedFrom), indent);
  const inner = entriesOf(item, sortedFrom).flatMap(([key, each]) =>
    entry(`${pad}  `, key, each, indent, sortedFrom - 1),
  );
  return afterDash(pad, inner, indent);
}

function afterDash(pad: string, lines: readonly string[], indent: number): readonly string[] {
  const [first = "", ...rest] = lines;
  return [`${pad}- ${first.slice(indent + 2)}`, ...rest];
}

function isNested(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

function scalarLines(head: string, value: unknown, indent: number): readonly string[] {
  if (typeof value === "string" && value.includes("\n") && !/^\s|\s\n/.test(value)) {
    const chomp = value.endsWith("\n\n") ? "+" : value.endsWith("\n") ? "" : "-";
    const lines = value.replace(/\n$/, "").split("\n");
    return [`${head} |${chomp}`, ...lines.map((line) => (line === "" ? "" : `${" ".repeat(indent)}${line}`))];
  }
  return [`${head} ${scalar(value)}`];
}

/** Empty lists and objects, too. yaml.v3 does not fold long lines, as v2 does. */
function scalar(value: unknown): string {
  return yamlText(value as never)
    .replace(/\n$/, "")
    .replace(/\n */g, " ");
}
