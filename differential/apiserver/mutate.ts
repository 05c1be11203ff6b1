import { findSchema, type Schema } from "@sallyport/kube";
import type { Tape } from "../tape.ts";

// biome-ignore lint/suspicious/noExplicitAny: mutations go into free-form JSON
type Node = any;

interface Place {
  readonly holder: Node;
  readonly key: string | number;
  readonly schema: Schema | undefined;
}

/** Values that a field of each type should not take kindly to, and some that it may. */
const strings = [
  "",
  "a",
  "Always",
  "Never",
  "UPPER",
  "a b",
  "-x",
  "a.b",
  "a/b",
  "a".repeat(64),
  "a".repeat(254),
  "1Gi",
  "-1",
  "10.0.0.1",
  "::1",
  "10.0.0.0/8",
  "http",
  "TCP",
  "None",
  "0",
  "50%",
  "/abs",
  "../up",
  "https://example.com",
  "Exists",
  "example.com/a",
  "äöü",
  "2026-01-02T03:04:05Z",
];
const numbers = [0, 1, -1, 2, 10, 65535, 65536, 2147483647, 2147483648, 1.5, 1e20];
const odd: readonly Node[] = [null, true, "x", 7, [], {}, [null], { a: 1 }];

/** Changes one thing somewhere in an object, as a person or a fuzzer would. The first choices change least. */
export function mutate(object: Node, schemaName: string | undefined, tape: Tape): void {
  const places = placesOf(object, schemaName === undefined ? undefined : findSchema(schemaName));
  if (places.length === 0) return;
  const { holder, key, schema } = tape.pick(places);
  const value: Node = holder[key];
  tape.choose<void>([
    () => remove(holder, key),
    () => {
      holder[key] = plausible(schema, tape, 0);
    },
    () => {
      if (typeof value === "string") holder[key] = tape.pick(strings);
      else if (typeof value === "number") holder[key] = tape.pick(numbers);
      else if (typeof value === "boolean") holder[key] = !value;
      else addField(value, schema, tape);
    },
    () => {
      if (Array.isArray(value) && value.length > 0) value.push(structuredClone(value[0]));
      else addField(value, schema, tape);
    },
    () => {
      // Of its own: a later change may go into it.
      holder[key] = structuredClone(tape.pick(odd));
    },
    () => {
      if (isRecord(value)) value["unknownField"] = 1;
      else remove(holder, key);
    },
  ]);
}

/** Something of a type, or of one of its fields. */
export function plausibleOf(schemaName: string | undefined, tape: Tape, field?: string): unknown {
  const schema = schemaName === undefined ? undefined : findSchema(schemaName);
  return plausible(field === undefined ? schema : schema?.p?.[field], tape, 0);
}

function remove(holder: Node, key: string | number): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}

/** A field that the type has and the object lacks. */
function addField(value: Node, schema: Schema | undefined, tape: Tape): void {
  if (!isRecord(value)) return;
  const fields = Object.entries(resolved(schema)?.p ?? {}).filter(([name]) => !(name in value));
  if (fields.length === 0) {
    value[tape.pick(["a", "b.c/d", "UPPER", "-x"])] = tape.pick(strings);
    return;
  }
  const [name, field] = tape.pick(fields);
  value[name] = plausible(field, tape, 0);
}

/** Something of the right type, most often. */
function plausible(schema: Schema | undefined, tape: Tape, depth: number): Node {
  const type = resolved(schema);
  if (type === undefined || depth > 3) return structuredClone(tape.pick(odd));
  if (type.p !== undefined) {
    const fields = Object.entries(type.p);
    const chosen = fields.filter(([name]) => type.q?.includes(name) === true || tape.oneIn(Math.max(2, fields.length)));
    return Object.fromEntries(chosen.map(([name, field]) => [name, plausible(field, tape, depth + 1)]));
  }
  if (type.f === "int-or-string" || schema?.r?.endsWith("IntOrString") === true)
    return tape.pick([1, "25%", "x", -1, 0]);
  switch (type.t) {
    case "array":
      return tape.list(2, () => plausible(type.i, tape, depth + 1));
    case "object":
      return Object.fromEntries(
        tape.list(2, () => [tape.pick(["a", "cpu", "b.c/d", "Bad Key"]), plausible(type.v, tape, depth + 1)]),
      );
    case "integer":
    case "number":
      return tape.pick(numbers);
    case "boolean":
      return tape.oneIn(2);
    default:
      return tape.pick(strings);
  }
}

/** Everything but the names by which the request finds its object. */
function placesOf(object: Node, schema: Schema | undefined): readonly Place[] {
  const found: Place[] = [];
  const visit = (holder: Node, type: Schema | undefined, depth: number) => {
    for (const key of Array.isArray(holder) ? holder.keys() : Object.keys(holder)) {
      const isIdentity =
        depth === 0
          ? ["apiVersion", "kind", "metadata"].includes(String(key))
          : holder === object.metadata && ["name", "namespace"].includes(String(key));
      const inner = Array.isArray(holder) ? type?.i : (type?.p?.[key] ?? type?.v);
      if (!isIdentity) found.push({ holder, key, schema: inner });
      if (typeof holder[key] === "object" && holder[key] !== null) visit(holder[key], resolved(inner), depth + 1);
    }
  };
  visit(object, resolved(schema), 0);
  return found;
}

function resolved(schema: Schema | undefined): Schema | undefined {
  return schema?.r === undefined ? schema : findSchema(schema.r);
}

function isRecord(value: unknown): value is { [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
