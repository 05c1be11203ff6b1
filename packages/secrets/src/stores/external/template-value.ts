import { ExternalSecretError } from "./external-secret.ts";

/** What an expression of a template comes to. */
export type TemplateValue =
  | string
  | number
  | boolean
  | undefined
  | readonly TemplateValue[]
  | ReadonlyMap<string, TemplateValue>;

/** Of lists and maps alone TypeScript does not see it. */
export function isList(value: TemplateValue): value is readonly TemplateValue[] {
  return Array.isArray(value);
}

/** As Go's templates: what is empty is false. */
export function isTrue(value: TemplateValue): boolean {
  if (isList(value)) return value.length > 0;
  return value instanceof Map ? value.size > 0 : Boolean(value);
}

/** As it is printed. */
export function textOf(value: TemplateValue): string {
  if (value instanceof Map) throw new ExternalSecretError("template: a map is printed by toJson alone");
  if (isList(value)) return `[${value.map(textOf).join(" ")}]`;
  return value === undefined ? "<no value>" : String(value);
}

/** Of JSON or YAML. */
export function fromPlain(value: unknown): TemplateValue {
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value !== "object" || value === null) return (value ?? undefined) as TemplateValue;
  return new Map(Object.entries(value).map(([key, each]) => [key, fromPlain(each)]));
}

/** For JSON or YAML, keys in Go's order. */
export function toPlain(value: TemplateValue): unknown {
  if (isList(value)) return value.map(toPlain);
  if (!(value instanceof Map)) return value ?? null;
  const sorted = [...(value as ReadonlyMap<string, TemplateValue>)].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, each]) => [key, toPlain(each)]));
}
