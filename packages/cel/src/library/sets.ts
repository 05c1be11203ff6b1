import type { Library } from "../check/environment.ts";
import { BOOL, listType, typeParam } from "../check/type.ts";
import { isEqual } from "../value/equal.ts";
import type { ListValue, Value } from "../value/value.ts";
import { declare, global } from "./declare.ts";

const LIST = listType(typeParam("A"));

/** cel-go's sets extension: lists as sets, by CEL's equality. */
export const sets: Library = {
  name: "sets",
  functions: [
    declare("sets.contains", global("list_set_contains", [LIST, LIST], BOOL, containsAll)),
    declare(
      "sets.equivalent",
      global(
        "list_set_equivalent",
        [LIST, LIST],
        BOOL,
        (a: ListValue, b: ListValue) => containsAll(a, b) && containsAll(b, a),
      ),
    ),
    declare(
      "sets.intersects",
      global("list_set_intersects", [LIST, LIST], BOOL, (a: ListValue, b: ListValue) =>
        [...a].some((each) => includes(b, each)),
      ),
    ),
  ],
};

function containsAll(list: ListValue, wanted: ListValue): boolean {
  return [...wanted].every((each) => includes(list, each));
}

function includes(list: ListValue, value: Value): boolean {
  for (const each of list) if (isEqual(each, value)) return true;
  return false;
}
