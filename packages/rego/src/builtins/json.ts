import { parseDocument } from "yaml";
import { isObject, lookup, typeName } from "../value/access.ts";
import { RegoObject, RegoSet, sortedEntries } from "../value/collection.ts";
import { jsonText, parseJson } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError, operandTypeError } from "./builtin.ts";
import { pathOf } from "./objects.ts";
import { objectAt, stringAt } from "./operands.ts";

function unmarshal(text: string): Value {
  try {
    return parseJson(text);
  } catch {
    throw new BuiltinError(jsonFault(text));
  }
}

/** Go's wording of the commonest faults. */
function jsonFault(text: string): string {
  const trimmed = text.trimStart();
  if (trimmed === "") return "EOF";
  const first = trimmed[0] as string;
  return `invalid character '${first}' looking for beginning of value`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function parseYaml(text: string): Value {
  const document = parseDocument(text, {
    version: "1.1",
    intAsBigInt: true,
    merge: true,
    strict: false,
    uniqueKeys: true,
  });
  if (document.errors.length > 0) throw new BuiltinError(`yaml: ${document.errors[0]?.message.split("\n")[0]}`);
  const raw = document.toJS({ maxAliasCount: 100 }) as unknown;
  return parseJson(JSON.stringify(raw ?? null, (_key, each) => (typeof each === "bigint" ? rawJson(each) : each)));
}

function rawJson(value: bigint): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(value));
}

/** YAML as Go's sigs.k8s.io/yaml prints it: sorted keys, two spaces. */
function yamlText(value: Value, indent = ""): string {
  if (Array.isArray(value) && value.length > 0) {
    return (value as readonly Value[])
      .map((item) => `${indent}- ${yamlText(item, `${indent}  `).trimStart()}`)
      .join("");
  }
  if (isObject(value) && sortedEntries(value).length > 0) {
    return sortedEntries(value)
      .map(([key, item]) => `${indent}${yamlScalar(key)}:${yamlBelow(item, indent)}`)
      .join("");
  }
  return `${indent}${yamlScalar(value)}\n`;
}

function yamlBelow(item: Value, indent: string): string {
  const isNested = (Array.isArray(item) && item.length > 0) || (isObject(item) && sortedEntries(item).length > 0);
  if (!isNested) return ` ${yamlText(item)}`;
  return `\n${yamlText(item, Array.isArray(item) ? indent : `${indent}  `)}`;
}

function yamlScalar(value: Value): string {
  if (typeof value !== "string") return jsonText(value);
  const isPlain =
    /^[A-Za-z_/.][\w ./@-]*$/.test(value) &&
    !/^(true|false|yes|no|on|off|null|y|n|~)$/i.test(value) &&
    !/\s$|^\.|: /.test(value);
  return isPlain ? value : JSON.stringify(value);
}

function pathsAt(args: readonly Value[], at: number): readonly (readonly Value[])[] {
  const paths = args[at - 1] as Value;
  if (paths instanceof RegoSet || Array.isArray(paths)) {
    const items: readonly Value[] = paths instanceof RegoSet ? paths.sorted() : paths;
    const wrong = items.find((path) => typeof path !== "string" && !Array.isArray(path));
    if (wrong === undefined) return items.map(pathOf);
    const wanted = "one of {set, array} containing string paths or array of path segments";
    throw new BuiltinError(`operand ${at} must be ${wanted} but got ${typeName(wrong)}`, "eval_type_error");
  }
  throw operandTypeError(at, ["set", "array"], typeName(paths));
}

function remove(value: Value, path: readonly Value[]): Value {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(value)) {
    const at = typeof key === "string" ? Number(key) : (key as number);
    if (!Number.isInteger(at) || at < 0 || at >= value.length) return value;
    const items = value as readonly Value[];
    return rest.length === 0 ? items.toSpliced(at, 1) : items.with(at, remove(items[at] as Value, rest));
  }
  if (!isObject(value)) return value;
  const below = lookup(value, key);
  if (below === undefined) return value;
  const entries = sortedEntries(value).flatMap(([name, item]) => {
    if (!sameKey(name, key)) return [[name, item] as const];
    return rest.length === 0 ? [] : [[name, remove(item, rest)] as const];
  });
  return RegoObject.of(entries);
}

function sameKey(a: Value, b: Value): boolean {
  return jsonText(a) === jsonText(b);
}

/** Longer paths first, so that removing an array's item does not shift those still to be removed. */
function removeAll(args: readonly Value[]): Value {
  const paths = [...pathsAt(args, 2)].sort((a, b) => (jsonText(a) < jsonText(b) ? 1 : -1));
  return paths.reduce<Value>(remove, objectAt(args, 1));
}

function filter(args: readonly Value[]): Value {
  return filterValue(objectAt(args, 1), pathsAt(args, 2)) ?? new RegoObject();
}

function filterValue(value: Value, paths: readonly (readonly Value[])[]): Value | undefined {
  if (paths.some((path) => path.length === 0)) return value;
  const below = (key: Value) =>
    paths.filter((path) => jsonText(path[0] as Value) === jsonText(key)).map((path) => path.slice(1));
  if (Array.isArray(value)) {
    return (value as readonly Value[]).flatMap((item, i) => {
      const inner = [...below(i), ...below(String(i))];
      const kept = inner.length === 0 ? undefined : filterValue(item, inner);
      return kept === undefined ? [] : [kept];
    });
  }
  if (!isObject(value)) return undefined;
  const entries = sortedEntries(value).flatMap(([key, item]) => {
    const inner = below(key);
    const kept = inner.length === 0 ? undefined : filterValue(item, inner);
    return kept === undefined ? [] : [[key, kept] as const];
  });
  return RegoObject.of(entries);
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/encoding */
export const json: readonly Builtin[] = [
  { name: "json.marshal", call: ([value]) => jsonText(value as Value) },
  { name: "json.unmarshal", call: (args) => unmarshal(stringAt(args, 1)) },
  { name: "json.is_valid", call: ([text]) => typeof text === "string" && isJson(text) },
  { name: "json.remove", call: removeAll },
  { name: "json.filter", call: filter },
  { name: "yaml.marshal", call: ([value]) => yamlText(value as Value) },
  { name: "yaml.unmarshal", call: (args) => parseYaml(stringAt(args, 1)) },
  {
    name: "yaml.is_valid",
    call: ([text]) => typeof text === "string" && parseDocument(text, { version: "1.1" }).errors.length === 0,
  },
];
