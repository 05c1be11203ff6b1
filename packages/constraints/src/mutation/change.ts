import type { Path, PathNode } from "./path.ts";
import type { PathTests } from "./path-tests.ts";

/** An object that is being changed. */
export type Draft = { [field: string]: unknown };

/** What a mutator does at the end of its location. Both throw an error of one line. */
export interface Setter {
  readonly setField: (holder: Draft, field: string) => void;
  /** The item that is put in a list; undefined for setters that know no lists of items with keys. */
  readonly listItem?: () => Draft;
}

/** Changes an object in place at all places that a path leads to, making what is not there on the way. Answers whether it did. Throws an error of one line. */
export function changeAt(object: Draft, path: Path, tests: PathTests, setter: Setter): boolean {
  return new Change(path, tests, setter).at(object, 0);
}

class Change {
  readonly #path: Path;
  readonly #tests: PathTests;
  readonly #setter: Setter;

  constructor(path: Path, tests: PathTests, setter: Setter) {
    this.#path = path;
    this.#tests = tests;
    this.#setter = setter;
  }

  at(current: unknown, depth: number): boolean {
    const node = this.#path[depth] as PathNode;
    return node.kind === "object" ? this.#field(current, node.field, depth) : this.#items(current, node, depth);
  }

  #field(current: unknown, field: string, depth: number): boolean {
    if (!isDraft(current)) throw mismatch("object", current, field);
    const exists = Object.hasOwn(current, field);
    if (!(exists ? this.#tests.existsOkay(depth) : this.#tests.missingOkay(depth))) return false;
    if (depth === this.#path.length - 1) {
      this.#setter.setField(current, field);
      return true;
    }
    const next = exists ? current[field] : this.#missing(depth);
    const changed = this.at(next, depth + 1);
    if (changed) current[field] = next;
    return changed;
  }

  #items(current: unknown, node: Extract<PathNode, { kind: "list" }>, depth: number): boolean {
    if (!Array.isArray(current)) throw mismatch("List", current, node.key);
    if (depth === this.#path.length - 1) return this.#setItem(current, node, depth);
    const { key, value } = node;
    const found = current.filter((item) => value === undefined || (isDraft(item) && item[key] === value));
    if ((found.length > 0 || value === undefined) && !this.#tests.existsOkay(depth)) return false;
    if (found.length > 0 || value === undefined)
      return found.map((item) => this.at(item, depth + 1)).some((changed) => changed);
    if (!this.#tests.missingOkay(depth)) return false;
    const made = this.#missing(depth) as Draft;
    made[key] = value;
    const changed = this.at(made, depth + 1);
    if (changed) current.push(made);
    return changed;
  }

  #setItem(list: unknown[], { key, value }: Extract<PathNode, { kind: "list" }>, depth: number): boolean {
    if (this.#setter.listItem === undefined) throw new Error("mutator does not understand keyed lists");
    if (value === undefined) throw new Error("last path entry can not be globbed");
    const item = this.#setter.listItem();
    const index = list.findIndex((each) => isDraft(each) && each[key] === value);
    if (!(index < 0 ? this.#tests.missingOkay(depth) : this.#tests.existsOkay(depth))) return false;
    if (index < 0) list.push(item);
    else if (item[key] !== value) throw new Error("key value of replaced object must not change");
    else list[index] = item;
    return true;
  }

  /** What the next step needs: an object or a list. */
  #missing(depth: number): unknown {
    return this.#path[depth + 1]?.kind === "list" ? [] : {};
  }
}

export function isDraft(value: unknown): value is Draft {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mismatch(wanted: string, found: unknown, step: string): Error {
  return new Error(
    `mismatch between path entry (type: ${wanted}) and received object (type: ${goType(found)}). Path: ${step}`,
  );
}

export function goType(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return { string: "string", boolean: "bool", object: "map[string]interface {}" }[typeof value as "string"] ?? "string";
}
