import type { PathKind } from "./paths.ts";
import { deeper, ground, type Scope } from "./scope.ts";
import { collection, documentReference, number, operand, scalarText, term } from "./terms.ts";

type Operand =
  | "any"
  | "numbers"
  | "strings"
  | "sets"
  | "objects"
  | "renames"
  | "patches"
  | "graph"
  | "collection"
  | "number"
  | "array"
  | "string"
  | "pattern"
  | "object"
  | "small"
  | "text";

/** Builtins whose answers are the same on every machine, with what their operands like best. */
const builtins: readonly (readonly [string, ...Operand[]])[] = [
  ["count", "collection"],
  ["abs", "number"],
  ["ceil", "number"],
  ["format_int", "small", "small"],
  ["sprintf", "string", "array"],
  ["sum", "numbers"],
  ["max", "collection"],
  ["min", "collection"],
  ["sort", "collection"],
  ["product", "numbers"],
  ["is_string", "any"],
  ["is_number", "any"],
  ["type_name", "any"],
  ["concat", "string", "strings"],
  ["contains", "text", "string"],
  ["startswith", "text", "string"],
  ["split", "text", "string"],
  ["upper", "text"],
  ["sprintf", "string", "array"],
  ["to_number", "text"],
  ["array.concat", "array", "array"],
  ["array.slice", "array", "small", "small"],
  ["array.reverse", "array"],
  ["object.get", "object", "any", "any"],
  ["object.keys", "object"],
  ["object.union", "object", "object"],
  ["object.remove", "object", "collection"],
  ["object.filter", "object", "collection"],
  ["union", "sets"],
  ["intersection", "sets"],
  ["json.marshal", "any"],
  ["numbers.range", "small", "small"],
  ["round", "any"],
  ["substring", "string", "small", "small"],
  ["trim", "string", "string"],
  ["indexof", "string", "string"],
  ["replace", "string", "string", "string"],
  ["regex.match", "string", "string"],
  ["glob.match", "string", "strings", "string"],
  ["bits.and", "number", "number"],
  ["strings.reverse", "string"],
  ["lower", "text"],
  ["trim_left", "text", "string"],
  ["trim_prefix", "text", "string"],
  ["trim_space", "text"],
  ["endswith", "text", "string"],
  ["indexof_n", "text", "string"],
  ["strings.count", "text", "string"],
  ["strings.any_prefix_match", "text", "strings"],
  ["strings.replace_n", "renames", "text"],
  ["sprintf", "string", "array"],
  ["regex.split", "pattern", "text"],
  ["regex.find_n", "pattern", "text", "small"],
  ["regex.find_all_string_submatch_n", "pattern", "text", "small"],
  ["regex.replace", "text", "pattern", "string"],
  ["regex.is_valid", "any"],
  ["json.unmarshal", "string"],
  ["json.is_valid", "any"],
  ["json.remove", "object", "strings"],
  ["json.filter", "object", "strings"],
  ["json.patch", "any", "patches"],
  ["object.subset", "any", "any"],
  ["object.union_n", "objects"],
  ["yaml.marshal", "any"],
  ["base64.encode", "text"],
  ["base64.decode", "string"],
  ["base64url.encode_no_pad", "text"],
  ["hex.encode", "text"],
  ["urlquery.encode", "text"],
  ["crypto.sha256", "text"],
  ["crypto.md5", "text"],
  ["bits.or", "number", "number"],
  ["bits.xor", "number", "number"],
  ["bits.lsh", "small", "small"],
  ["bits.rsh", "small", "small"],
  ["bits.negate", "number"],
  ["floor", "number"],
  ["numbers.range_step", "small", "small", "small"],
  ["is_array", "any"],
  ["is_set", "any"],
  ["is_object", "any"],
  ["is_boolean", "any"],
  ["is_null", "any"],
  ["graph.reachable", "graph", "collection"],
  ["graph.reachable_paths", "graph", "collection"],
  ["net.cidr_contains", "text", "text"],
  ["net.cidr_is_valid", "any"],
  ["semver.is_valid", "any"],
  ["semver.compare", "string", "text"],
  ["time.parse_rfc3339_ns", "text"],
  ["time.date", "number"],
  ["time.weekday", "number"],
  ["time.add_date", "small", "small", "small", "small"],
  ["time.parse_duration_ns", "string"],
  ["units.parse", "text"],
  ["units.parse_bytes", "text"],
  ["uuid.parse", "text"],
  ["array.flatten", "array"],
  ["min", "array"],
  ["max", "array"],
  ["sort", "array"],
  ["sum", "numbers"],
];

const strings = [
  "a",
  "%v %v",
  "b",
  "",
  "^a",
  "*",
  "a*",
  "%d",
  "%s|%q|%x",
  "%5.2f",
  "é",
  "[1, 2.50]",
  "YWI=",
  "1h30m",
  "a/b",
];

/** What may be counted up to: more makes the peer run out of memory. */
const smallNumbers = ["1", "0", "2", "-1", "5", "10", "3", "16", "1.5", "-3", "100"];

const patterns = ["a", "^a.*", "[a-c]+", "(a)(b)?", "\\d+", "x*", "(", "a|b"];

export function builtinCall(scope: Scope): string {
  const [name, ...operands] = scope.tape.pick(builtins);
  return `${name}(${operands.map((kind) => argument(scope, kind)).join(", ")})`;
}

function argument(scope: Scope, kind: Operand): string {
  const inner = deeper(scope);
  if (scope.depth <= 0) return scope.careful ? leaf(scope, kind) : kind === "array" ? '["a", 1]' : scalarText(scope);
  if (!scope.careful && scope.tape.oneIn(12)) return term(inner);
  switch (kind) {
    case "any":
      return operand(inner);
    case "collection":
      return collection(inner);
    case "array":
    case "object":
      return scope.tape.oneIn(3) ? documentReference(inner, kind) : literal(inner, kind);
    case "number":
      return inner.depth > 0 ? number(inner) : leaf(scope, kind);
    default:
      return scope.tape.oneIn(4) && kind in documentKinds
        ? documentReference(inner, documentKinds[kind])
        : leaf(inner, kind);
  }
}

/** What the documents may hold that the operand takes. */
const documentKinds: { readonly [kind in Operand]?: PathKind } = {
  numbers: "array",
  strings: "array",
  objects: "array",
  graph: "object",
  renames: "object",
};

function literal(scope: Scope, kind: "array" | "object"): string {
  if (kind === "array") return `[${scope.tape.list(3, () => term(scope)).join(", ")}]`;
  return scope.careful || scope.tape.oneIn(2) ? `{"a": ${term(scope)}, "b": ${term(scope)}}` : collection(scope);
}

/** An operand of the right type that holds nothing deeper than a reference. */
function leaf(scope: Scope, kind: Operand): string {
  const { tape } = scope;
  const text = () => JSON.stringify(tape.pick(strings));
  switch (kind) {
    case "any":
      return scalarText(scope);
    case "small":
      return tape.pick(smallNumbers);
    case "number":
      return tape.oneIn(2) ? tape.pick(smallNumbers) : documentReference(scope, "number");
    case "numbers":
      return list(scope, () => tape.pick(smallNumbers));
    case "string":
      return text();
    case "text":
      return tape.choose([
        text,
        () => documentReference(scope, "string"),
        () => (scope.dialect.templates ? `$"{${documentReference(ground(scope))}}x"` : text()),
      ]);
    case "strings":
      return list(scope, () => (tape.oneIn(3) ? documentReference(scope, "string") : text()));
    case "pattern":
      return JSON.stringify(tape.pick(patterns));
    case "sets":
      return `{${tape.list(3, () => `{${scalarText(scope)}, ${scalarText(scope)}}`, 1).join(", ")}}`;
    case "objects":
      return list(scope, () => `{"a": ${scalarText(scope)}, "c": {"a": ${documentReference(scope)}}}`);
    case "object":
      return `{"a": ${scalarText(scope)}, "b": ${documentReference(scope)}}`;
    case "renames":
      return `{"a": ${text()}, ${text()}: "b"}`;
    case "graph":
      return `{"a": ["b", "c"], "b": {${text()}}, "c": []}`;
    case "patches":
      return `[{"op": "${tape.pick(["add", "remove", "replace", "test"])}", "path": "${tape.pick(["/a", "/b/0", "", "c", "/d"])}", "value": ${scalarText(scope)}}]`;
    case "collection":
    case "array":
      return list(scope, () => scalarText(scope));
  }
}

function list(scope: Scope, item: () => string): string {
  const items = scope.tape.list(3, item).join(", ");
  return `[${items}]`;
}
