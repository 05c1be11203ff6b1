import type { Expr, Location, Module, Ref, Rule, Term } from "../syntax/ast.ts";
import type { Value } from "../value/value.ts";

/**
 * What the walker works on: the compiled syntax tree with everything ground made a value once, so that documents need not become
 * terms. `lower.ts` makes it, `raise.ts` makes terms of it again.
 */
export type Node = Known | VarNode | RefNode | ArrayNode | ObjectNode | SetNode | ComprehensionNode;

export interface Known {
  readonly kind: "known";
  readonly value: Value;
  /** As written, when it was: numbers and strings are printed from it. */
  readonly source?: Term;
}

export interface VarNode {
  readonly kind: "var";
  readonly name: string;
}

/** The first of `terms` is a var: `input`, `data` or a local. */
export interface RefNode {
  readonly kind: "ref";
  readonly terms: readonly Node[];
}

export interface ArrayNode {
  readonly kind: "array";
  readonly items: readonly Node[];
}

export interface ObjectNode {
  readonly kind: "object";
  readonly entries: readonly (readonly [Node, Node])[];
}

export interface SetNode {
  readonly kind: "set";
  readonly items: readonly Node[];
}

export interface ComprehensionNode {
  readonly kind: "comprehension";
  readonly collects: "array" | "set" | "object";
  /** Of objects only. */
  readonly key: Node | undefined;
  /** Where the key stands: conflicts are told there. */
  readonly keyLoc?: Location;
  readonly term: Node;
  readonly body: Query;
  readonly loc: Location;
  /** Variables by whose values its own are kept. */
  readonly indexedBy: readonly string[] | undefined;
}

export type Query = readonly Step[];

/** One expression of a body. */
export interface Step {
  readonly loc: Location;
  readonly negated: boolean;
  readonly with: readonly Override[];
  readonly terms: StepTerms;
  /** What it was made of: for traces. */
  readonly source: Expr | undefined;
  /** Its place in the body that it was compiled in. */
  readonly index: number;
}

export type StepTerms =
  | { readonly kind: "term"; readonly term: Node }
  /** `name` is `operator` as text: `plus`, `data.lib.f`. */
  | { readonly kind: "call"; readonly name: string; readonly operator: Ref; readonly args: readonly Node[] }
  | {
      readonly kind: "every";
      readonly key: Node;
      readonly value: Node;
      readonly domain: Node;
      readonly body: Query;
    }
  | { readonly kind: "not"; readonly body: Query; readonly explicitBody: boolean };

export type CallTerms = Extract<StepTerms, { readonly kind: "call" }>;

export interface Override {
  readonly loc: Location;
  readonly target: RefNode;
  readonly value: Node;
}

/** A rule of a chain; `otherwise` are the rules of its `else` branches, in order. */
export interface WalkedRule {
  readonly source: Rule;
  readonly module: Module;
  readonly isDefault: boolean;
  /** Whole, beginning with `data`. */
  readonly ref: readonly Node[];
  readonly args: readonly Node[] | undefined;
  readonly key: Node | undefined;
  readonly value: Node | undefined;
  readonly body: Query;
  /** `contains`: the rule has many values, each being `key`. */
  readonly isSet: boolean;
  /** One entry of an object, as OPA sees it: with vars in its ref, or `p.q := 1` without `if`. */
  readonly isEntry: boolean;
  readonly otherwise: readonly WalkedRule[];
}

export function known(value: Value): Known {
  return { kind: "known", value };
}

export const knownTrue: Known = known(true);

export function varNode(name: string): VarNode {
  return { kind: "var", name };
}

export function refNode(terms: readonly Node[]): RefNode {
  return { kind: "ref", terms };
}

/** True when the node is exactly this value. */
export function isKnown(node: Node, value: Value): boolean {
  return node.kind === "known" && node.value === value;
}

/** The first terms of a ref that are constant; its head is always one of them. */
export function constantPrefix(terms: readonly Node[]): readonly Node[] {
  const open = terms.findIndex(({ kind }, i) => i > 0 && kind !== "known");
  return open < 0 ? terms : terms.slice(0, open);
}

/** True for a ref, or a part of one, into a document. */
export function isDocument(terms: readonly Node[]): boolean {
  return beginsWith(terms, "input") || beginsWith(terms, "data");
}

/** True for a ref, or a part of one, that begins with this document. */
export function beginsWith(terms: readonly Node[], name: "input" | "data"): boolean {
  const [head] = terms;
  return head?.kind === "var" && head.name === name;
}
