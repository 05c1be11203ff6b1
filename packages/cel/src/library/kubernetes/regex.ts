import type { Library } from "../../check/environment.ts";
import { INT, listType, STRING } from "../../check/type.ts";
import { ArrayList, CelError, type Value } from "../../value/value.ts";
import { declare, member } from "../declare.ts";
import { regularExpression } from "../regular-expression.ts";

/** Kubernetes' regex library: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-regex-library */
export const regex: Library = {
  name: "kubernetes.regex",
  functions: [
    declare("find", member("string_find_string", [STRING, STRING], STRING, find)),
    declare(
      "findAll",
      member("string_find_all_string", [STRING, STRING], listType(STRING), (text: string, pattern: string) =>
        findAll(text, pattern, -1n),
      ),
      member("string_find_all_string_int", [STRING, STRING, INT], listType(STRING), findAll),
    ),
  ],
};

function find(text: string, pattern: string): Value {
  const expression = regularExpression(pattern);
  if (expression instanceof CelError) return new CelError(`Illegal regex: ${expression.message}`);
  const matcher = expression.matcher(text);
  return matcher.find() ? (matcher.group() ?? "") : "";
}

function findAll(text: string, pattern: string, limit: bigint): Value {
  const expression = regularExpression(pattern);
  if (expression instanceof CelError) return new CelError(`Illegal regex: ${expression.message}`);
  const found: string[] = [];
  const matcher = expression.matcher(text);
  // As Go has it, nothing is found right behind what was found.
  for (let end = -1; (limit < 0n || BigInt(found.length) < limit) && matcher.find(); end = matcher.end())
    if (matcher.end() > matcher.start() || matcher.start() !== end) found.push(matcher.group() ?? "");
  return new ArrayList(found);
}
