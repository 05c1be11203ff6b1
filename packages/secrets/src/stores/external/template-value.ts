import { ExternalSecretError } from "./external-secret.ts";

/** What an expression of a template comes to. */
export type TemplateValue = string | number | boolean | undefined | ReadonlyMap<string, TemplateValue>;

/** As Go's templates: what is empty is false. */
export function isTrue(value: TemplateValue): boolean {
  return value instanceof Map ? value.size > 0 : Boolean(value);
}

/** As it is printed. */
export function textOf(value: TemplateValue): string {
  if (value instanceof Map) throw new ExternalSecretError("template: a map is printed by toJson alone");
  return value === undefined ? "<no value>" : String(value);
}
