import { isMap, isScalar, isSeq } from "yaml";

/** JSON of a tree of nodes: numbers as they were written, with all their digits. Indented by tabs, as sops does. */
export function jsonText(node: unknown): string {
  return `${textOf(node, "")}\n`;
}

function textOf(node: unknown, indent: string): string {
  const inner = `${indent}\t`;
  if (isMap(node)) {
    const fields = node.items.map(
      ({ key, value }) => `${inner}${JSON.stringify(String(isScalar(key) ? key.value : key))}: ${textOf(value, inner)}`,
    );
    return fields.length === 0 ? "{}" : `{\n${fields.join(",\n")}\n${indent}}`;
  }
  if (isSeq(node)) {
    const items = node.items.map((item) => inner + textOf(item, inner));
    return items.length === 0 ? "[]" : `[\n${items.join(",\n")}\n${indent}]`;
  }
  const { value, source } = isScalar(node) ? node : { value: node, source: undefined };
  return typeof value === "number" ? (source ?? String(value)) : JSON.stringify(value ?? null);
}
