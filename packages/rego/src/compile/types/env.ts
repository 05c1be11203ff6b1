import type { Ref, Term } from "../../syntax/ast.ts";
import { scalarKey, typeOfTerm } from "./literal.ts";
import {
  anyType,
  either,
  type Key,
  type ObjectType,
  objectOf,
  type Property,
  selectType,
  stringType,
  type Type,
  typeOfKey,
  valuesOf,
} from "./type.ts";

/** A place in the tree of types: a rule's type, or places below. */
export interface TypeNode {
  type: Type | undefined;
  readonly children: Map<Key, TypeNode>;
}

export function createTypeNode(): TypeNode {
  return { type: undefined, children: new Map() };
}

/** Nothing is known of it yet: it may be anything. */
export function isEmpty({ type, children }: TypeNode): boolean {
  return type === undefined && children.size === 0;
}

/** The type of a comprehension, found by checking its body. */
export type InferComprehension = (term: Term, env: TypeEnv) => Type | undefined;

/** The types of rules, of `input` where it has a schema, of builtins, and of the variables of one body. */
export class TypeEnv {
  /** `data` and `input`. */
  readonly roots: ReadonlyMap<string, TypeNode>;
  readonly builtin: (name: string) => Type | undefined;
  readonly #infer: InferComprehension;
  readonly #around: TypeEnv | undefined;
  readonly #variables = new Map<string, Type>();
  readonly #overrides: readonly Override[];
  readonly #lookups = {
    variable: (name: string) => this.variable(name),
    other: (other: Term) => (other.kind === "ref" ? this.typeOfRef(other) : this.#infer(other, this)),
  };

  constructor(
    roots: ReadonlyMap<string, TypeNode>,
    builtin: (name: string) => Type | undefined,
    infer: InferComprehension,
    around?: TypeEnv,
    overrides: readonly Override[] = [],
  ) {
    this.roots = roots;
    this.builtin = builtin;
    this.#infer = infer;
    this.#around = around;
    this.#overrides = overrides;
  }

  /** For a body: sees these variables, keeps its own. */
  inner(overrides: readonly Override[] = this.#overrides): TypeEnv {
    return new TypeEnv(this.roots, this.builtin, this.#infer, this, overrides);
  }

  variable(name: string): Type | undefined {
    return this.#variables.get(name) ?? this.#around?.variable(name);
  }

  setVariable(name: string, type: Type | undefined): void {
    if (type !== undefined) this.#variables.set(name, type);
  }

  /** The type of a term; undefined when unknown. */
  typeOf(term: Term): Type | undefined {
    return term.kind === "var" ? this.variable(term.name) : typeOfTerm(term, this.#lookups);
  }

  typeOfRef(ref: Ref): Type | undefined {
    const { terms } = ref;
    const head = terms[0] as Term;
    if (head.kind !== "var") return selectTerms(this.typeOf(head), terms, 1);
    const override = this.#overrideOf(ref);
    if (override !== undefined) return selectTerms(override.type, terms, override.path.length);
    const local = this.variable(head.name);
    if (local !== undefined) return selectTerms(local, terms, 1);
    const root = this.roots.get(head.name);
    if (root === undefined || isEmpty(root))
      return head.name === "input" || head.name === "data" ? anyType : this.builtin(dotted(ref));
    return typeBelow(root, terms, 1);
  }

  /** The schema that an annotation gives to the longest prefix of the ref. */
  #overrideOf(ref: Ref): Override | undefined {
    if (this.#overrides.length === 0) return undefined;
    return this.#overrides
      .filter(({ path }) => isPrefix(path, ref.terms))
      .toSorted((a, b) => b.path.length - a.path.length)[0];
  }

  overrideOf(ref: Ref): Override | undefined {
    return this.#overrideOf(ref);
  }
}

/** A type that an annotation gives to a path inside one rule. */
export interface Override {
  readonly path: readonly string[];
  readonly type: Type;
}

function isPrefix(path: readonly string[], terms: readonly Term[]): boolean {
  return (
    path.length <= terms.length &&
    path.every((key, i) => {
      const term = terms[i] as Term;
      return term.kind === "var" ? i === 0 && term.name === key : term.kind === "string" && term.value === key;
    })
  );
}

function dotted(ref: Ref): string {
  return ref.terms
    .map((term) => (term.kind === "var" ? term.name : term.kind === "string" ? term.value : ""))
    .join(".");
}

function typeBelow(node: TypeNode, terms: readonly Term[], at: number): Type | undefined {
  const operand = terms[at];
  if (operand === undefined) return extentOf(node);
  const key = scalarKey(operand);
  const child = key === undefined ? undefined : node.children.get(key);
  if (child !== undefined) return typeBelow(child, terms, at + 1);
  if (node.type !== undefined) return selectTerms(node.type, terms, at);
  if (key === undefined) return selectTerms(extentOf(node), terms, at);
  return anyType;
}

/** The type of all that lies at and below a place. */
export function extentOf(node: TypeNode): Type | undefined {
  if (node.type !== undefined) return node.type;
  const children = [...node.children].map(([key, child]): Property => ({ key, value: extentOf(child) }));
  // Base documents may lie beside rules.
  return objectOf(children, { key: stringType, value: anyType });
}

/** The type behind the operands from one on; those that are no constants select any value. */
export function selectTerms(type: Type | undefined, terms: readonly Term[], from: number): Type | undefined {
  let selected = type;
  for (let i = from; i < terms.length; i++) {
    if (selected === undefined) return undefined;
    const key = scalarKey(terms[i] as Term);
    selected = key === undefined ? valuesOf(selected) : selectType(selected, key);
  }
  return selected;
}

/**
 * Puts a rule's type at its path; what several rules give to one place is joined. An object whose keys are found at run time holds what
 * rules give below it, whichever comes first: these are keys like others.
 */
export function insertType(root: TypeNode, path: readonly Key[], type: Type | undefined): void {
  let node = root;
  for (const [i, key] of path.entries()) {
    const next = node.children.get(key) ?? createTypeNode();
    node.children.set(key, next);
    if (next.type?.kind === "object" && i + 1 < path.length) next.type = withMember(next.type, path.slice(i + 1), type);
    node = next;
  }
  node.type = mergeTypes(node.type, type);
  if (type?.kind !== "object") return;
  for (const leaf of leavesBelow(node)) {
    if (node.type?.kind === "object") node.type = withMember(node.type, leaf.path, leaf.type);
  }
}

interface Leaf {
  readonly path: readonly Key[];
  readonly type: Type;
}

function leavesBelow(node: TypeNode, path: readonly Key[] = []): readonly Leaf[] {
  return [...node.children].flatMap(([key, child]) => {
    const inner = [...path, key];
    return child.type === undefined ? leavesBelow(child, inner) : [{ path: inner, type: child.type }];
  });
}

/** An object that also has some value at a path: its key joins the dynamic ones. */
function withMember(object: ObjectType, path: readonly Key[], type: Type | undefined): ObjectType {
  const [key, ...rest] = path;
  if (key === undefined) return object;
  const member = rest.length === 0 ? type : withMember(objectOf([], undefined), rest, type);
  const { dynamic } = object;
  const keys = either(dynamic?.key, typeOfKey(key));
  return objectOf(object.static, { key: keys, value: either(dynamic?.value, member) });
}

function mergeTypes(a: Type | undefined, b: Type | undefined): Type | undefined {
  if (a?.kind === "object" && b?.kind === "object") return mergeObjects(a, b);
  return either(a, b);
}

function mergeObjects(a: ObjectType, b: ObjectType): ObjectType {
  const properties = [...a.static];
  for (const each of b.static) {
    const at = properties.findIndex(({ key }) => key === each.key);
    if (at < 0) properties.push(each);
    else properties[at] = { key: each.key, value: mergeTypes(properties[at]?.value, each.value) };
  }
  const dynamic =
    a.dynamic === undefined || b.dynamic === undefined
      ? (a.dynamic ?? b.dynamic)
      : { key: either(a.dynamic.key, b.dynamic.key), value: mergeTypes(a.dynamic.value, b.dynamic.value) };
  return objectOf(properties, dynamic);
}
