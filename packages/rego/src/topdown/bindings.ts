import { type Instrumentation, timed } from "./instrumentation.ts";
import { arrayOf, objectOf, setOf } from "./lower.ts";
import type { ComprehensionNode, Node, Query, Step, VarNode } from "./node.ts";

/** A node with the bindings that its vars belong to. */
export interface Bound {
  readonly node: Node;
  readonly bindings: Bindings;
}

/**
 * The variables of one query or rule, each bound to a node of this or another query. Saved expressions of several queries end up in one
 * body: then a var gets the number of its query behind its name, unless it belongs to the query that was asked.
 */
export class Bindings {
  readonly id: number;
  readonly #bound = new Map<string, Bound>();
  readonly #instrumentation: Instrumentation | undefined;

  constructor(id: number, instrumentation?: Instrumentation) {
    this.id = id;
    this.#instrumentation = instrumentation;
  }

  bind({ name }: VarNode, node: Node, bindings: Bindings): void {
    this.#bound.set(name, { node, bindings });
  }

  unbind({ name }: VarNode): void {
    this.#bound.delete(name);
  }

  /** What a var is bound to in the end; other nodes are themselves. */
  apply(node: Node): Bound {
    let current: Bound = { node, bindings: this };
    while (current.node.kind === "var") {
      const next = current.bindings.#bound.get(current.node.name);
      if (next === undefined) return current;
      current = next;
    }
    return current;
  }

  /** All vars with what they are bound to, in order of binding. */
  entries(caller?: Bindings): readonly (readonly [VarNode, Node])[] {
    return [...this.#bound.keys()].map((name) => {
      const variable: VarNode = { kind: "var", name };
      return [variable, this.plug(variable, caller)] as const;
    });
  }

  /** The node with all bound vars replaced. With `caller`, unbound vars of other queries than it are made unique. */
  plug(node: Node, caller?: Bindings): Node {
    if (this.#instrumentation === undefined) return this.#plug(node, caller);
    return timed(this.#instrumentation, "eval_op_plug", () => this.#plug(node, caller));
  }

  #plug(node: Node, caller: Bindings | undefined): Node {
    switch (node.kind) {
      case "known":
      case "comprehension":
        return node;
      case "var": {
        const next = this.apply(node);
        if (next.node !== node || next.bindings !== this) return next.bindings.#plug(next.node, caller);
        return this.#namespaced(node, caller);
      }
      default:
        return mapParts(node, (part) => this.#plug(part, caller));
    }
  }

  /** The comprehension with the names that its vars have in the caller's query. Nothing is replaced. */
  namespace(node: ComprehensionNode, caller: Bindings): ComprehensionNode {
    const rename = (part: Node): Node => this.#renamed(part, caller);
    return {
      ...node,
      key: node.key && rename(node.key),
      term: rename(node.term),
      body: renameQuery(node.body, rename),
    };
  }

  #renamed(node: Node, caller: Bindings): Node {
    if (node.kind === "known") return node;
    if (node.kind === "var") return this.#namespaced(node, caller);
    if (node.kind === "comprehension") return this.namespace(node, caller);
    return mapParts(node, (part) => this.#renamed(part, caller));
  }

  #namespaced(node: VarNode, caller: Bindings | undefined): VarNode {
    if (caller === undefined || caller === this || node.name === "input" || node.name === "data") return node;
    return { kind: "var", name: `${node.name}${this.id}` };
  }
}

function mapParts(
  node: Exclude<Node, { kind: "known" | "var" | "comprehension" }>,
  change: (part: Node) => Node,
): Node {
  switch (node.kind) {
    case "ref":
      return { kind: "ref", terms: node.terms.map(change) };
    case "array":
      return arrayOf(node.items.map(change));
    case "set":
      return setOf(node.items.map(change));
    case "object":
      return objectOf(node.entries.map(([key, value]) => [change(key), change(value)] as const));
  }
}

function renameQuery(query: Query, rename: (node: Node) => Node): Query {
  return query.map((step) => renameStep(step, rename));
}

function renameStep(step: Step, rename: (node: Node) => Node): Step {
  // What is still a reference names a function or a rule.
  const overrides = step.with.map((each) =>
    each.value.kind === "ref" ? each : { ...each, value: rename(each.value) },
  );
  const { terms } = step;
  switch (terms.kind) {
    case "term":
      return { ...step, with: overrides, terms: { ...terms, term: rename(terms.term) } };
    case "call":
      return { ...step, with: overrides, terms: { ...terms, args: terms.args.map(rename) } };
    case "every":
      return {
        ...step,
        with: overrides,
        terms: {
          ...terms,
          key: rename(terms.key),
          value: rename(terms.value),
          domain: rename(terms.domain),
          body: renameQuery(terms.body, rename),
        },
      };
    case "not":
      return { ...step, with: overrides, terms: { ...terms, body: renameQuery(terms.body, rename) } };
  }
}
