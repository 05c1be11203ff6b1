import { goText } from "../go-text.ts";
import { isFields } from "./compare.ts";
import { elementOf, fieldType, itemType, type Type } from "./type.ts";

/** All that is wrong with an applied object in one text, as structured-merge-diff prints it; undefined where nothing is. */
export function typedFaultsText(value: unknown, type: Type): string | undefined {
  const faults = typedFaults(value, type);
  return faults.length < 2 ? faults[0] : `errors:\n${faults.map((each) => `  ${each}`).join("\n")}`;
}

/** What is wrong with an applied object by its type, in the words of structured-merge-diff: unknown fields, wrong types, keys. */
export function typedFaults(value: unknown, type: Type, path = ""): readonly string[] {
  if (value === null || value === undefined || type.kind === "any") return [];
  if (type.kind === "scalar") return scalarFault(value, type, path);
  if (type.kind === "list") {
    if (!Array.isArray(value)) return [`${path}: expected list, got ${printed(value)}`];
    return listFaults(value, type, path);
  }
  if (!isFields(value)) return [`${path}: expected map, got ${printed(value)}`];
  return Object.entries(value).flatMap(([name, field]) => {
    const inner = fieldType(type, name);
    return inner === undefined
      ? [`${path}.${name}: field not declared in schema`]
      : typedFaults(field, inner, `${path}.${name}`);
  });
}

function listFaults(list: readonly unknown[], type: Type, path: string): readonly string[] {
  const inner = itemType(type);
  if (type.atomic) return list.flatMap((item, i) => typedFaults(item, inner, `${path}[${i}]`));
  const seen = new Set<string>();
  const faults: string[] = [];
  for (const [i, item] of list.entries()) {
    const element = type.keys === undefined && !isScalar(item) ? undefined : elementOf(item, type);
    // What has no place ends the list: nobody could say where the rest lies.
    if (element === undefined) return [...faults, `${path}: element ${i}: ${missingKeys(item, type)}`];
    const place = placeOf(element);
    if (seen.has(element)) faults.push(`${path}: duplicate entries for key ${place}`);
    seen.add(element);
    faults.push(...typedFaults(item, inner, `${path}${place}`));
  }
  return faults;
}

function isScalar(value: unknown): boolean {
  return typeof value !== "object";
}

function missingKeys(item: unknown, { keys }: Type): string {
  if (keys === undefined) return noScalar(item);
  if (item === null) return "associative list with keys may not have a null element";
  if (!isFields(item)) return "associative list with keys may not have non-map elements";
  const names = keys.map((key) => JSON.stringify(key)).join(" ");
  return `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`;
}

/** Sets are of scalars. */
function noScalar(item: unknown): string {
  if (Array.isArray(item)) return "not supported: associative list with lists as elements";
  const what = item === null ? "an explicit null" : "a map type";
  return `associative list without keys has an element that's ${what}`;
}

function placeOf(element: string): string {
  if (element.startsWith("v:")) return `[=${element.slice(2)}]`;
  const keys = Object.entries(JSON.parse(element.slice(2)) as object);
  const text = (value: unknown) => (isFields(value) || Array.isArray(value) ? "" : JSON.stringify(value));
  return `[${keys.map(([name, value]) => `${name}=${text(value)}`).join(",")}]`;
}

/** Types of one scalar, whichever: their decoder says what is wrong, not their schema. */
const untyped = /\.(Quantity|MicroTime|Time)$/;

function scalarFault(value: unknown, { schema }: Type, path: string): readonly string[] {
  // kube-apiserver's schema of this one lets everything by.
  if (schema?.r?.endsWith(".IntOrString") === true) return [];
  if (untyped.test(schema?.r ?? "") || schema?.f === "int-or-string" || schema?.is === true)
    return typeof value === "object" ? [`${path}: expected any scalar, got ${printed(value)}`] : [];
  const wanted = schema?.t ?? "string";
  if (wanted === "boolean")
    return typeof value === "boolean" ? [] : [`${path}: expected boolean, got ${printed(value)}`];
  if (wanted === "integer" || wanted === "number")
    return typeof value === "number" ? [] : [`${path}: expected numeric (int or float), got ${goType(value)}`];
  if (typeof value === "string") return [];
  return [`${path}: expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`];
}

/** As Go prints types with %T. */
function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (isFields(value)) return "map[string]interface {}";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** As Go prints values with %#v. */
function goSyntax(value: unknown): string {
  if (value === null) return "interface {}(nil)";
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (!isFields(value)) return JSON.stringify(value);
  const fields = Object.keys(value).sort();
  return `map[string]interface {}{${fields.map((name) => `${JSON.stringify(name)}:${goSyntax(value[name])}`).join(", ")}}`;
}

/** As Go prints values with %v, in a box. */
function printed(value: unknown): string {
  return `&{${goText(value)}}`;
}
