import type { CompiledRule, RuleNode } from "../compile/compiled.ts";
import { nameOfRef } from "../compile/names.ts";
import { ruleChain } from "../compile/parts.ts";
import { walkExpr, walkTerm } from "../compile/walk.ts";
import type { Body, Expr, Ref, Rule, Term } from "../syntax/ast.ts";
import { hasBadPath, termHasBadPath } from "./bad-path.ts";
import { constantText, isConstant, plainContext, textOf } from "./context.ts";
import { isClosure } from "./key.ts";
import type { Library } from "./library.ts";
import { isGroup } from "./tree.ts";

/**
 * Which expressions may end an evaluation with an error, as two values for one key or rule do: what stands before them must be asked
 * before them. Where it is not known, they may.
 */
export class Failures {
  readonly #library: Library;
  readonly #known = new Map<RuleNode, boolean>();

  constructor(library: Library) {
    this.#library = library;
  }

  ofBody(body: Body): boolean {
    return body.some((expr) => this.ofExpr(expr));
  }

  ofExpr(expr: Expr): boolean {
    return hasBadPath(expr) || this.#among((visit) => walkExpr(expr, visit));
  }

  ofTerm(term: Term): boolean {
    return termHasBadPath(term) || this.#among((visit) => walkTerm(term, visit));
  }

  #among(walk: (visit: (term: Term) => boolean) => void): boolean {
    let found = false;
    walk((term) => {
      found ||=
        (term.kind === "objectcomprehension" && term.indexedBy === undefined) ||
        (term.kind === "ref" && this.#ofRef(term));
      return !found;
    });
    return found;
  }

  /** Of the rules that a ref reads or calls. */
  #ofRef({ terms: [head, ...keys] }: Ref): boolean {
    if (head?.kind !== "var" || head.name !== "data") return false;
    const node = this.#library.reach(keys.map(textOf), plainContext);
    return node !== undefined && this.#ofDocument(node);
  }

  #ofDocument(node: RuleNode): boolean {
    if (node.rules.length > 0) return this.#ofRules(node);
    return [...node.children.keys()].some((key) => {
      const child = this.#library.node([...node.path, key], plainContext);
      return child !== undefined && this.#ofDocument(child);
    });
  }

  #ofRules(node: RuleNode): boolean {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    this.#known.set(node, false);
    const chains = node.rules.flatMap(({ rule }) => ruleChain(rule));
    const may = isGroup(node) || this.#mayConflict(node.rules) || chains.some(({ body }) => this.ofBody(body));
    this.#known.set(node, may);
    return may;
  }

  /** True where several values may be found for one rule or call. */
  #mayConflict(rules: readonly CompiledRule[]): boolean {
    if (rules[0]?.kind === "set") return false;
    const definitions = rules.filter(({ rule }) => !rule.default).map(({ rule }) => rule);
    if (definitions.length > 1) return constantOf(definitions) === undefined;
    return definitions.flatMap(ruleChain).some((rule) => !isConstant(rule.head.value as Term) && this.#iterates(rule));
  }

  #iterates({ body }: Rule): boolean {
    return body.some((expr) => {
      let found = false;
      const isPlain = expr.terms.kind === "term" || expr.terms.kind === "call";
      if (!expr.negated && isPlain)
        walkExpr(expr, (term) => {
          found ||= term.kind === "ref" && (hasVariables(term) || this.#isRelation(term));
          return !found && !isClosure(term);
        });
      return found;
    });
  }

  #isRelation(operator: Ref): boolean {
    return this.#library.compiled.builtin(nameOfRef(operator) ?? "")?.relation === true;
  }
}

function hasVariables({ terms }: Ref): boolean {
  return terms.some((term, i) => i > 0 && !isConstant(term));
}

/** The value that all definitions and their branches have, as a text, where that is one constant. */
export function constantOf(rules: readonly Rule[]): string | undefined {
  let text: string | undefined;
  for (const rule of rules.flatMap(ruleChain)) {
    const value = rule.head.value as Term;
    if (!isConstant(value)) return undefined;
    const own = constantText(value);
    text ??= own;
    if (own !== text) return undefined;
  }
  return text;
}
