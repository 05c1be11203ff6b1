import type { Ref, Term } from "../../syntax/ast.ts";
import { scalarKey, selectScalar, typeOfTerm } from "./literal.ts";
import { anyType, type Type, valuesOf } from "./type.ts";
import type { TypeNode } from "./type-tree.ts";

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
    for (let env: TypeEnv | undefined = this; env !== undefined; env = env.#around) {
      const type = env.#variables.get(name);
      if (type !== undefined) return type;
    }
    // What is called like a builtin and is no local of the rule is taken for it.
    return this.builtin(name);
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
    if (root === undefined || root.isEmpty)
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
  if (operand === undefined) return node.extent;
  const key = scalarKey(operand);
  const child = key === undefined ? undefined : node.children.get(key);
  if (child !== undefined) return typeBelow(child, terms, at + 1);
  if (node.type !== undefined) return selectTerms(node.type, terms, at);
  // As in OPA, nothing is known of what functions alone would give.
  if (key === undefined) return holdsOnlyFunctions(node) ? undefined : selectTerms(node.extent, terms, at);
  return anyType;
}

function holdsOnlyFunctions({ children }: TypeNode): boolean {
  return children.size > 0 && [...children.values()].every(({ type }) => type?.kind === "function");
}

/** The type behind the operands from one on; those that are no constants select any value. */
export function selectTerms(type: Type | undefined, terms: readonly Term[], from: number): Type | undefined {
  let selected = type;
  for (let i = from; i < terms.length; i++) {
    if (selected === undefined) return undefined;
    const term = terms[i] as Term;
    const key = scalarKey(term);
    selected = key === undefined ? valuesOf(selected) : selectScalar(selected, term, key);
  }
  return selected;
}
