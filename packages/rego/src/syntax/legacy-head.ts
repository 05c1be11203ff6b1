import type { Head, Rule, Term } from "./ast.ts";

/** How a head was written before refs were heads: a name, and the key of a partial rule. */
export interface LegacyHead {
  readonly name?: string;
  readonly key?: Term;
}

/** The name and key of a rule's head, which OPA's JSON and formatter still go by. */
export function legacyHead(head: Head, rule: Rule): LegacyHead {
  const [first, second, ...more] = head.ref.terms;
  const name = first?.kind === "var" ? { name: first.name } : {};
  const key = head.key === undefined ? {} : { key: head.key };
  if (second === undefined) return { ...name, ...key };
  if (more.length > 0 || head.value === undefined || rule.default) return key;
  const isWritten = !head.generatedValue;
  if (head.args !== undefined) return rule.hasIf === true ? name : {};
  if (rule.generatedBody || (isWritten && rule.hasIf !== true)) return { ...name, key: second };
  const isVariable = second.kind === "var" || second.kind === "ref" || !isConstant(second);
  return { ...(isWritten ? name : {}), ...(isVariable || head.key !== undefined ? { key: second } : {}) };
}

function isConstant(term: Term): boolean {
  switch (term.kind) {
    case "var":
    case "ref":
    case "call":
      return false;
    case "array":
    case "set":
      return term.items.every(isConstant);
    case "object":
      return term.entries.flat().every(isConstant);
    default:
      return true;
  }
}
