import { duplicate, type FieldError, internal, invalid, required, tooMany } from "../../names.ts";
import { formatted, itemsOf } from "../checks.ts";
import type { PolicyExpressions } from "../expressions.ts";
import { qualified } from "../formats.ts";

const maxConditions = 64;

/** MatchConditions of a policy or webhook. */
export function validateMatchConditions(
  list: unknown,
  expressions: PolicyExpressions,
  path: string,
): readonly FieldError[] {
  const conditions = itemsOf(list, path);
  const names = conditions.map(([{ name = "" }]) => name as string);
  return [
    ...(conditions.length > maxConditions ? [tooMany(path, conditions.length, maxConditions)] : []),
    ...conditions.flatMap(([{ name = "", expression = "" }, field], i) => [
      ...validateExpression(`${field}.expression`, expression, (text) => expressions.fault(text, "condition")),
      ...(name === "" ? [required(`${field}.name`)] : formatted(`${field}.name`, name, qualified)),
      ...(name !== "" && names.indexOf(name) < i ? [duplicate(`${field}.name`, name)] : []),
    ]),
  ];
}

/** An expression that must be there, and that `fault` has nothing against. */
export function validateExpression(
  field: string,
  text: string,
  fault: (text: string) => string | undefined,
  missing = "",
): readonly FieldError[] {
  if (text.trim() === "") return [required(field, missing)];
  const why = fault(text);
  if (why?.startsWith("program instantiation failed")) return [internal(field, why)];
  return why === undefined ? [] : [invalid(field, text, why)];
}
