import type { Value } from "../value/value.ts";
import type { Node } from "./node.ts";

/** The delimiters of a glob that is written with them as constants: a point unless there are others. */
export function delimiterText(node: Node): string | undefined {
  if (node.kind !== "known" || !Array.isArray(node.value)) return undefined;
  const signs = node.value as readonly Value[];
  if (!signs.every((each) => typeof each === "string")) return undefined;
  return signs.length === 0 ? "." : signs.join("");
}

/** A glob as an array of its parts, `*` being a gap; undefined for patterns that say more. */
export function globParts(pattern: string, delimiters: string): readonly Node[] | undefined {
  const parts = splitAt(pattern, delimiters);
  if (parts.some((part) => part !== "*" && /(^|[^\\])(\\\\)*[[?{*]/.test(part))) return undefined;
  return parts.map((part): Node => (part === "*" ? { kind: "var", name: "$gap" } : { kind: "known", value: part }));
}

/** Splits at delimiters that are not escaped by a backslash. */
export function splitAt(text: string, delimiters: string): readonly string[] {
  const parts: string[] = [];
  let last = 0;
  let isEscaped = false;
  for (let i = 0; i < text.length; i++) {
    const sign = text[i] as string;
    if (sign === "\\" || isEscaped) isEscaped = !isEscaped;
    else if (delimiters.includes(sign)) {
      parts.push(text.slice(last, i));
      last = i + 1;
    }
  }
  return [...parts, text.slice(last)];
}
