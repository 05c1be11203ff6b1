import { isFields } from "./apply/compare.ts";

/** A JSON value as Go prints it with %v: `map[a:1 b:[x y]]`. */
export function goText(value: unknown): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (!isFields(value)) return String(value);
  const fields = Object.keys(value).sort();
  return `map[${fields.map((name) => `${name}:${goText(value[name])}`).join(" ")}]`;
}
