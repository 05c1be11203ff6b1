import { deeper, type Scope } from "./scope.ts";
import { collection, number, operand, scalarText, term } from "./terms.ts";

type Operand = "any" | "collection" | "number" | "array" | "string";

/** Builtins whose answers are the same on every machine, with what their operands like best. */
const builtins: readonly (readonly [string, ...Operand[]])[] = [
  ["count", "collection"],
  ["abs", "number"],
  ["ceil", "number"],
  ["format_int", "number", "number"],
  ["sprintf", "string", "array"],
  ["sum", "collection"],
  ["max", "collection"],
  ["min", "collection"],
  ["sort", "collection"],
  ["product", "collection"],
  ["is_string", "any"],
  ["is_number", "any"],
  ["type_name", "any"],
  ["concat", "string", "collection"],
  ["contains", "any", "string"],
  ["startswith", "any", "string"],
  ["split", "any", "string"],
  ["upper", "any"],
  ["sprintf", "string", "array"],
  ["to_number", "any"],
  ["array.concat", "array", "array"],
  ["array.slice", "array", "number", "number"],
  ["array.reverse", "array"],
  ["object.get", "collection", "any", "any"],
  ["object.keys", "collection"],
  ["object.union", "collection", "collection"],
  ["object.remove", "collection", "collection"],
  ["object.filter", "collection", "collection"],
  ["union", "collection"],
  ["intersection", "collection"],
  ["json.marshal", "any"],
  ["numbers.range", "number", "number"],
  ["round", "any"],
  ["substring", "string", "number", "number"],
  ["trim", "string", "string"],
  ["indexof", "string", "string"],
  ["replace", "string", "string", "string"],
  ["regex.match", "string", "string"],
  ["glob.match", "string", "array", "string"],
  ["bits.and", "number", "number"],
  ["strings.reverse", "string"],
];

export function builtinCall(scope: Scope): string {
  const [name, ...operands] = scope.tape.pick(builtins);
  return `${name}(${operands.map((kind) => argument(scope, kind)).join(", ")})`;
}

function argument(scope: Scope, kind: Operand): string {
  const inner = deeper(scope);
  if (scope.depth <= 0) return kind === "array" ? '["a", 1]' : scalarText(scope);
  if (scope.tape.oneIn(6)) return term(inner);
  switch (kind) {
    case "any":
      return operand(inner);
    case "collection":
      return collection(inner);
    case "array":
      return `[${scope.tape.list(3, () => term(inner)).join(", ")}]`;
    case "string":
      return JSON.stringify(scope.tape.pick(["a", "%v %v", "b", "", "^a", "*", "a*", "%d"]));
    case "number":
      return inner.depth > 0 ? number(inner) : "1";
  }
}
