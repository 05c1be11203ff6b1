import type { Location, Term } from "../../syntax/ast.ts";
import { type AstJson, NumberText } from "../../syntax/ast-json.ts";

import { compareTerms } from "../../syntax/term-order.ts";
import { Decimal } from "../../value/decimal.ts";
import { jsonText, parseJson } from "../../value/json.ts";
import { numberText } from "../../value/number.ts";
import type { Value } from "../../value/value.ts";

/** A key that is known: a scalar; of a constant array, object or set the registered symbol of its JSON, sets as arrays. */
export type Key = string | number | boolean | null | symbol;

/** The key of an object that a constant is; undefined for all other terms. */
export function constantKey(term: Term): Key | undefined {
  switch (term.kind) {
    case "null":
      return null;
    case "string":
    case "boolean":
      return term.value;
    case "number":
      return Number(term.text);
    case "array":
    case "object":
    case "set": {
      const json = constantJson(term);
      return json === undefined ? undefined : Symbol.for(jsonText(parseJson(json)));
    }
    default:
      return undefined;
  }
}

/** The JSON of a constant; undefined for what is no constant. */
function constantJson(term: Term): string | undefined {
  switch (term.kind) {
    case "number":
      return term.text;
    case "array":
      return bracketed("[", term.items.map(constantJson), "]");
    case "set":
      return bracketed("[", term.items.toSorted(compareTerms).map(constantJson), "]");
    case "object":
      return bracketed("{", term.entries.map(entryJson), "}");
    default: {
      const key = constantKey(term);
      return key === undefined ? undefined : JSON.stringify(key);
    }
  }
}

function entryJson([key, value]: readonly [Term, Term]): string | undefined {
  const [name, json] = [constantJson(key), constantJson(value)];
  if (name === undefined || json === undefined) return undefined;
  return `${name.startsWith('"') ? name : JSON.stringify(name)}:${json}`;
}

function bracketed(open: string, parts: readonly (string | undefined)[], close: string): string | undefined {
  return parts.includes(undefined) ? undefined : open + parts.join() + close;
}

/** Sets are arrays here. */
export function valueOfKey(key: Key): Value {
  return typeof key === "symbol" ? parseJson(key.description ?? "") : key;
}

/** As OPA prints it in types, which is how Go prints its JSON: `[1 a]`, `map[k:<nil>]`. */
export function keyText(key: Key): string {
  return goText(valueOfKey(key));
}

function goText(value: Value): string {
  if (value === null) return "<nil>";
  if (typeof value !== "object" || value instanceof Decimal) return typeof value === "string" ? value : jsonText(value);
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  const entries = Object.entries(value).map(([key, each]) => `${key}:${goText(each)}`);
  return `map[${entries.sort().join(" ")}]`;
}

/** As OPA's JSON of types has it. */
export function keyJson(key: Key): AstJson {
  return jsonOf(valueOfKey(key));
}

function jsonOf(value: Value): AstJson {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value !== "object" || value instanceof Decimal) return new NumberText(numberText(value));
  if (Array.isArray(value)) return value.map(jsonOf);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, jsonOf(each)]));
}

/** The constant itself, where sets have become arrays. */
export function keyTerm(key: Key, loc: Location): Term {
  return termOf(valueOfKey(key), loc);
}

function termOf(value: Value, loc: Location): Term {
  if (value === null) return { kind: "null", loc };
  if (typeof value === "boolean") return { kind: "boolean", loc, value };
  if (typeof value === "string") return { kind: "string", loc, value };
  if (typeof value !== "object" || value instanceof Decimal) return { kind: "number", loc, text: numberText(value) };
  if (Array.isArray(value)) return { kind: "array", loc, items: value.map((item: Value) => termOf(item, loc)) };
  const entries = Object.entries(value).map(([name, each]) => [termOf(name, loc), termOf(each, loc)] as const);
  return { kind: "object", loc, entries };
}
