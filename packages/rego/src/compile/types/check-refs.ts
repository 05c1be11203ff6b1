import type { Expr, Location, Ref, Term } from "../../syntax/ast.ts";
import type { Diagnostic } from "../../syntax/diagnostic.ts";
import { compareTerms } from "../../syntax/term-order.ts";
import { isComprehension } from "../parts.ts";
import { typeFault } from "../stage.ts";
import { refText, termText } from "../text.ts";
import { walkTerm, walkTerms } from "../walk.ts";
import type { TypeEnv } from "./env.ts";
import { constantKey, type Key, keyTerm } from "./key.ts";
import { scalarKey, selectScalar } from "./literal.ts";
import { anyType, keysOf, stringType, type Type, typeText, unfold, valuesOf } from "./type.ts";
import { invalidDetails, unsupportedDetails } from "./type-json.ts";
import type { TypeNode } from "./type-tree.ts";
import { assignType, unifies } from "./unify-types.ts";

/** Puts the author's names back into a ref. */
export type Rename = (ref: Ref) => Ref;

/**
 * Checks the refs of one expression, also within `every` and `not`, but not those of its comprehensions: each operand must be a possible
 * key.
 */
export function checkRefs(expr: Expr, env: TypeEnv, rename: Rename): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const visit = (term: Term): boolean => {
    if (isComprehension(term)) return false;
    if (term.kind !== "ref") return true;
    const fault = new RefChecker(term, env, rename).check();
    if (fault !== undefined) found.push(fault);
    return true;
  };
  const visitExpr = ({ terms }: Expr): void => {
    if (terms.kind === "term") walkTerm(terms.term, visit, true);
    if (terms.kind === "call") walkTerms(terms.args, visit, true);
    if (terms.kind === "every") walkTerm(terms.domain, visit, true);
    if (terms.kind === "every" || terms.kind === "not") for (const each of terms.body) visitExpr(each);
  };
  visitExpr(expr);
  return found;
}

/** OPA looks for names alone in the first places below `data`; further down a constant of another type may be a key of base data. */
export const maxStringOnly = 2;

export function isOtherConstant(term: Term): boolean {
  return term.kind !== "string" && constantKey(term) !== undefined;
}

class RefChecker {
  readonly #ref: Ref;
  readonly #env: TypeEnv;
  readonly #rename: Rename;

  constructor(ref: Ref, env: TypeEnv, rename: Rename) {
    this.#ref = ref;
    this.#env = env;
    this.#rename = rename;
  }

  check(): Diagnostic | undefined {
    const type = this.#env.typeOfRef(this.#ref);
    if (type?.kind === "function") return this.#usedAsReference(type);
    const override = this.#env.overrideOf(this.#ref);
    if (override !== undefined) return this.#leaf(override.type, override.path.length);
    const head = this.#ref.terms[0] as Term;
    if (head.kind !== "var") return undefined;
    const variable = this.#env.variable(head.name);
    if (variable !== undefined) return this.#leaf(variable, 1);
    const root = this.#env.roots.get(head.name);
    if (root !== undefined && !root.isEmpty) return this.#node(root, 1);
    if (head.name !== "input" && head.name !== "data") this.#env.setVariable(head.name, anyType);
    return this.#leaf(anyType, 1);
  }

  #node(node: TypeNode, at: number): Diagnostic | undefined {
    const operand = this.#ref.terms[at];
    if (operand === undefined) return undefined;
    if (operand.kind === "var") {
      const keys = keysOf(node.extent);
      const known = this.#env.variable(operand.name);
      if (known === undefined) this.#env.setVariable(operand.name, keys);
      else if (!unifies(keys, known)) return this.#invalid(at, known, keys, oneOfNode(node));
    }
    const key = scalarKey(operand);
    const child = key === undefined ? undefined : node.children.get(key);
    if (child !== undefined) {
      return child.type === undefined ? this.#node(child, at + 1) : this.#leaf(child.type, at + 1);
    }
    if (node.type !== undefined) return this.#leaf(node.type, at);
    if (at <= maxStringOnly && node.children.size > 0 && isOtherConstant(operand))
      return this.#invalid(at, this.#env.typeOf(operand), stringType, oneOfNode(node));
    // Base documents may lie beside rules.
    return this.#leaf(anyType, at + 1);
  }

  #leaf(type: Type | undefined, at: number): Diagnostic | undefined {
    const operand = this.#ref.terms[at];
    if (operand === undefined) return undefined;
    const keys = keysOf(type);
    if (keys === undefined) return this.#unsupported(at - 1, type);
    if (operand.kind === "var") {
      const known = this.#env.variable(operand.name);
      if (known === undefined) this.#env.setVariable(operand.name, keys);
      else if (!unifies(known, keys)) return this.#invalid(at, known, keys, oneOfType(type));
    } else if (operand.kind === "ref") {
      const known = this.#env.typeOfRef(operand);
      if (known !== undefined && !unifies(known, keys)) return this.#invalid(at, known, keys, oneOfType(type));
    } else if (operand.kind === "array" || operand.kind === "object" || operand.kind === "set") {
      if (!assignType(this.#env, operand, keys)) return this.#invalid(at, this.#env.typeOf(operand), keys, []);
    } else {
      const key = scalarKey(operand);
      const selected = key === undefined ? undefined : selectScalar(type, operand, key);
      if (selected === undefined) return this.#invalid(at, undefined, keys, oneOfType(type));
      return this.#leaf(selected, at + 1);
    }
    return this.#leaf(valuesOf(type), at + 1);
  }

  /** Refs to rules share their `data`: its place need not be in this one. */
  #place(): Location {
    const head = this.#ref.terms[0] as Term;
    return head.kind === "var" && head.name === "data" ? head.loc : this.#ref.loc;
  }

  #usedAsReference(type: Type): Diagnostic {
    const ref = this.#rename(this.#ref);
    const text = refText(ref);
    const details = [text, "^".repeat(text.length), `have: ${typeText(type)}`];
    return typeFault(
      this.#place(),
      `function ${text} used as reference, not called`,
      details,
      unsupportedDetails(ref, ref.terms.length - 1, type),
    );
  }

  #unsupported(at: number, type: Type | undefined): Diagnostic {
    const ref = this.#rename(this.#ref);
    const marked = refText({ ...ref, terms: ref.terms.slice(0, at + 1) });
    const details = [refText(ref), "^".repeat(marked.length), `have: ${typeText(type)}`];
    return typeFault(this.#place(), `undefined ref: ${refText(ref)}`, details, unsupportedDetails(ref, at, type));
  }

  #invalid(at: number, have: Type | undefined, want: Type | undefined, keys: readonly Key[]): Diagnostic {
    const oneOf = keys.map((key) => keyTerm(key, this.#ref.loc)).sort(compareTerms);
    const ref = this.#rename(this.#ref);
    const pad = " ".repeat(refText({ ...ref, terms: ref.terms.slice(0, at) }).length + 1);
    const details = [
      refText(ref),
      `${pad}^`,
      have === undefined ? `${pad}have: ${termText(ref.terms[at] as Term)}` : `${pad}have (type): ${typeText(have)}`,
      oneOf.length > 0
        ? `${pad}want (one of): [${oneOf.map(termText).join(" ")}]`
        : `${pad}want (type): ${typeText(want)}`,
    ];
    const structure = invalidDetails(ref, at, have, want, oneOf);
    return typeFault(this.#place(), `undefined ref: ${refText(ref)}`, details, structure);
  }
}

function oneOfNode(node: TypeNode): readonly Key[] {
  return [...node.children.keys()];
}

/** The known keys of an object. */
function oneOfType(of: Type | undefined): readonly Key[] {
  const type = unfold(of);
  if (type?.kind === "any") return [...new Set(type.of.flatMap(oneOfType))];
  return type?.kind === "object" ? type.static.map(({ key }) => key) : [];
}
