import type { Library } from "../check/environment.ts";
import { BOOL, STRING } from "../check/type.ts";
import { CelError, type Value } from "../value/value.ts";
import { declare, global, member } from "./declare.ts";
import { regularExpression } from "./regular-expression.ts";

/** cel-spec's own functions on strings. */
export const text: Library = {
  name: "text",
  functions: [
    declare(
      "contains",
      member("contains_string", [STRING, STRING], BOOL, (value: string, part: string) => value.includes(part)),
    ),
    declare(
      "startsWith",
      member("starts_with_string", [STRING, STRING], BOOL, (value: string, part: string) => value.startsWith(part)),
    ),
    declare(
      "endsWith",
      member("ends_with_string", [STRING, STRING], BOOL, (value: string, part: string) => value.endsWith(part)),
    ),
    declare(
      "matches",
      global("matches", [STRING, STRING], BOOL, matches),
      member("matches_string", [STRING, STRING], BOOL, matches),
    ),
  ],
};

function matches(value: string, pattern: string): Value {
  const expression = regularExpression(pattern);
  return expression instanceof CelError ? expression : expression.test(value);
}
