import { deeper, type Scope } from "./scope.ts";
import { collection, documentReference, number, operand, scalarText, term } from "./terms.ts";

type Operand = "any" | "collection" | "number" | "array" | "string" | "pattern" | "object" | "small" | "text";

/** Builtins whose answers are the same on every machine, with what their operands like best. */
const builtins: readonly (readonly [string, ...Operand[]])[] = [
  ["count", "collection"],
  ["abs", "number"],
  ["ceil", "number"],
  ["format_int", "small", "small"],
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
  ["contains", "text", "string"],
  ["startswith", "text", "string"],
  ["split", "text", "string"],
  ["upper", "text"],
  ["sprintf", "string", "array"],
  ["to_number", "text"],
  ["array.concat", "array", "array"],
  ["array.slice", "array", "small", "small"],
  ["array.reverse", "array"],
  ["object.get", "collection", "any", "any"],
  ["object.keys", "collection"],
  ["object.union", "collection", "collection"],
  ["object.remove", "collection", "collection"],
  ["object.filter", "collection", "collection"],
  ["union", "collection"],
  ["intersection", "collection"],
  ["json.marshal", "any"],
  ["numbers.range", "small", "small"],
  ["round", "any"],
  ["substring", "string", "small", "small"],
  ["trim", "string", "string"],
  ["indexof", "string", "string"],
  ["replace", "string", "string", "string"],
  ["regex.match", "string", "string"],
  ["glob.match", "string", "array", "string"],
  ["bits.and", "number", "number"],
  ["strings.reverse", "string"],
  ["lower", "text"],
  ["trim_left", "text", "string"],
  ["trim_prefix", "text", "string"],
  ["trim_space", "text"],
  ["endswith", "text", "string"],
  ["indexof_n", "text", "string"],
  ["strings.count", "text", "string"],
  ["strings.any_prefix_match", "text", "collection"],
  ["strings.replace_n", "object", "text"],
  ["sprintf", "string", "array"],
  ["regex.split", "pattern", "text"],
  ["regex.find_n", "pattern", "text", "small"],
  ["regex.find_all_string_submatch_n", "pattern", "text", "small"],
  ["regex.replace", "text", "pattern", "string"],
  ["regex.is_valid", "any"],
  ["json.unmarshal", "string"],
  ["json.is_valid", "any"],
  ["json.remove", "object", "array"],
  ["json.filter", "object", "array"],
  ["json.patch", "any", "array"],
  ["object.subset", "any", "any"],
  ["object.union_n", "array"],
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
  ["graph.reachable", "object", "collection"],
  ["graph.reachable_paths", "object", "collection"],
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
  ["sum", "array"],
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
  if (scope.depth <= 0) return kind === "array" ? '["a", 1]' : scalarText(scope);
  if (scope.tape.oneIn(12)) return term(inner);
  switch (kind) {
    case "any":
      return operand(inner);
    case "collection":
      return collection(inner);
    case "array":
      return `[${scope.tape.list(3, () => term(inner)).join(", ")}]`;
    case "string":
      return JSON.stringify(scope.tape.pick(strings));
    case "text":
      return scope.tape.choose([
        () => documentReference(inner),
        () => JSON.stringify(scope.tape.pick(strings)),
        () => `$"{${documentReference(inner)}}x"`,
      ]);
    case "small":
      return scope.tape.pick(smallNumbers);
    case "pattern":
      return JSON.stringify(scope.tape.pick(patterns));
    case "object":
      return scope.tape.oneIn(2) ? `{"a": ${term(inner)}, "b": ${term(inner)}}` : collection(inner);
    case "number":
      return inner.depth > 0 ? number(inner) : "1";
  }
}
