import { lowerTerm } from "./lower.ts";
import { constantPrefix, type Node, type Query, type Step } from "./node.ts";

/** The ground beginnings of all refs in a body. */
export function refsOfQuery(query: Query): readonly (readonly Node[])[] {
  const refs: (readonly Node[])[] = [];
  for (const step of query) collectStepRefs(step, refs);
  return refs;
}

/** Adds the ground beginnings of all refs in a node, closures included. */
export function collectRefs(node: Node, into: (readonly Node[])[]): void {
  switch (node.kind) {
    case "ref":
      into.push(constantPrefix(node.terms));
      for (const each of node.terms.slice(1)) collectRefs(each, into);
      return;
    case "array":
    case "set":
      for (const each of node.items) collectRefs(each, into);
      return;
    case "object":
      for (const entry of node.entries) for (const each of entry) collectRefs(each, into);
      return;
    case "comprehension":
      for (const each of node.key === undefined ? [node.term] : [node.key, node.term]) collectRefs(each, into);
      for (const step of node.body) collectStepRefs(step, into);
      return;
    default:
  }
}

/** The same for an expression, operators of calls included. */
export function collectStepRefs({ terms, with: overrides }: Step, into: (readonly Node[])[]): void {
  for (const { target, value } of overrides) {
    collectRefs(target, into);
    collectRefs(value, into);
  }
  switch (terms.kind) {
    case "term":
      collectRefs(terms.term, into);
      return;
    case "call":
      into.push(terms.operator.terms.map(lowerTerm));
      for (const each of terms.args) collectRefs(each, into);
      return;
    case "every":
      for (const each of [terms.key, terms.value, terms.domain]) collectRefs(each, into);
      for (const step of terms.body) collectStepRefs(step, into);
      return;
    case "not":
      for (const step of terms.body) collectStepRefs(step, into);
  }
}
