import { isObject, lookup, parseJson, RegoSet, type Value } from "@sallyport/rego";
import { goJson } from "../../answers/json-text.ts";
import type { DecisionEvent } from "./decision-event.ts";

/** A rule that is none: the decision is not logged, since it might tell what was to be hidden. */
export class MaskError extends Error {}

const maskable = ["input", "result", "nd_builtin_cache"] as const;
type Maskable = (typeof maskable)[number];

interface MaskRule {
  readonly op: "remove" | "upsert";
  readonly field: Maskable;
  readonly path: readonly string[];
  readonly value: Value;
  /** As it is told of the event. */
  readonly told: string;
}

type Table = { [key: string]: Value };

/**
 * An event as the rules of `system.log.mask` want it: without what they remove, and with what they put in its place; it tells the paths of
 * both. Rules about what is not there do nothing. Throws `MaskError`.
 */
export function maskedEvent(event: DecisionEvent, rules: Value): DecisionEvent {
  const parsed = itemsOf(rules).map(ruleOf);
  const copies = new Map<Maskable, Value | undefined>();
  const told = { remove: [] as string[], upsert: [] as string[] };
  for (const rule of parsed) {
    if (!copies.has(rule.field)) copies.set(rule.field, copyOf(event[rule.field]));
    const root: { value: Value | undefined } = { value: copies.get(rule.field) };
    if (!apply(rule, root)) continue;
    copies.set(rule.field, root.value);
    told[rule.op].push(rule.told);
  }
  return {
    ...event,
    ...Object.fromEntries(copies),
    ...(told.remove.length > 0 && { erased: told.remove }),
    ...(told.upsert.length > 0 && { masked: told.upsert }),
  };
}

/** Plain JSON of its own, which may be changed. */
function copyOf(value: DecisionEvent[Maskable]): Value | undefined {
  return value === undefined ? undefined : parseJson(goJson(value, ""));
}

function itemsOf(rules: Value): readonly Value[] {
  if (rules instanceof RegoSet) return rules.sorted();
  if (Array.isArray(rules)) return rules as readonly Value[];
  throw new MaskError("unexpected rule format");
}

function ruleOf(rule: Value): MaskRule {
  if (typeof rule === "string") return parsedRule("remove", rule, null);
  if (isObject(rule))
    return parsedRule(lookup(rule, "op") ?? "", lookup(rule, "path") ?? "", lookup(rule, "value") ?? null);
  throw new MaskError(`invalid mask rule format encountered: ${goType(rule)}`);
}

function parsedRule(op: Value, path: Value, value: Value): MaskRule {
  if (typeof path !== "string" || path === "") throw new MaskError("mask must be non-empty");
  if (!path.startsWith("/")) throw new MaskError("mask must be slash-prefixed");
  const [field = "", ...rest] = path.slice(1).split("/");
  const known = maskable.find((each) => each === field);
  if (known === undefined) throw new MaskError(`mask prefix not allowed: ${field}`);
  if (op !== "remove" && op !== "upsert") throw new MaskError(`mask op is not supported: ${op}`);
  const told = `/${[field, ...rest].map(queryEscaped).join("/")}`;
  return { op, field: known, path: rest, value, told };
}

/** As Go's `url.QueryEscape`. */
function queryEscaped(part: string): string {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(part);
  if (bad !== null) throw new MaskError(`invalid URL escape ${JSON.stringify(bad[0])}`);
  return encodeURIComponent(part)
    .replaceAll("%20", "+")
    .replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** What Go calls the kind of a decoded value. */
function goType(value: Value): string {
  if (value === null) return "<nil>";
  if (typeof value === "boolean") return "bool";
  return Array.isArray(value) || value instanceof RegoSet ? "[]interface {}" : "json.Number";
}

/** True when it has changed something. */
function apply({ op, path, value }: MaskRule, root: { value: Value | undefined }): boolean {
  const last = path.at(-1);
  if (root.value === undefined) return false;
  if (last === undefined) {
    root.value = op === "remove" ? undefined : value;
    return true;
  }
  const parent = parentOf(root.value, path.slice(0, -1), op === "upsert");
  if (parent === undefined) return false;
  return op === "remove" ? removeAt(parent, last) : putAt(parent, last, value);
}

/** Missing objects on the way are made for what is put there. */
function parentOf(root: Value, path: readonly string[], makes: boolean): Table | Value[] | undefined {
  let current = root;
  for (const key of path) {
    const next = Array.isArray(current) ? (current as Value[])[indexIn(current, key) ?? -1] : own(current, key);
    if (next !== undefined) current = next;
    else if (makes && isObject(current)) current = put(current as Table, key, {});
    else return undefined;
  }
  return Array.isArray(current) || isObject(current) ? (current as Table | Value[]) : undefined;
}

function removeAt(parent: Table | Value[], key: string): boolean {
  if (Array.isArray(parent)) {
    const index = indexIn(parent, key);
    if (index !== undefined) parent.splice(index, 1);
    return index !== undefined;
  }
  if (!Object.hasOwn(parent, key)) return false;
  delete parent[key];
  return true;
}

function putAt(parent: Table | Value[], key: string, value: Value): boolean {
  if (!Array.isArray(parent)) {
    put(parent, key, value);
    return true;
  }
  const index = indexIn(parent, key);
  if (index !== undefined) parent[index] = value;
  return index !== undefined;
}

function own(value: Value, key: string): Value | undefined {
  return isObject(value) && Object.hasOwn(value, key) ? (value as Table)[key] : undefined;
}

function put(table: Table, key: string, value: Value): Value {
  Object.defineProperty(table, key, { value, enumerable: true, configurable: true, writable: true });
  return value;
}

function indexIn(list: readonly Value[], key: string): number | undefined {
  return /^\d+$/.test(key) && Number(key) < list.length ? Number(key) : undefined;
}
