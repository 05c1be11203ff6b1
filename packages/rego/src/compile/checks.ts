import type { Body, Location, Ref, Rule, Term } from "../syntax/ast.ts";
import type { Diagnostic } from "../syntax/diagnostic.ts";
import type { RuleNode } from "./compiled.ts";
import { nameOfRef, walkBody, walkTerm } from "./walk.ts";

type Report = (diagnostic: Diagnostic) => void;

/** OPA's stage CheckUndefinedFuncs, with the arity of each call. */
export function checkCalls(target: Rule | Body, arity: (name: string) => number | undefined, report: Report): void {
  if ("kind" in target) {
    checkBody(target.body, arity, report);
    for (const term of [target.head.key, target.head.value])
      if (term !== undefined) walkTerm(term, visitor(arity, report));
    if (target.else !== undefined) checkCalls(target.else, arity, report);
  } else {
    checkBody(target, arity, report);
  }
}

function checkBody(body: Body, arity: (name: string) => number | undefined, report: Report): void {
  for (const expr of body) {
    if (expr.terms.kind === "call") checkCall(expr.terms.operator, expr.terms.args.length, expr.loc, 1, arity, report);
    if (expr.terms.kind === "every") checkBody(expr.terms.body, arity, report);
  }
  walkBody(body, visitor(arity, report));
}

function visitor(arity: (name: string) => number | undefined, report: Report): (term: Term) => boolean {
  return (term) => {
    if (term.kind === "call") checkCall(term.operator, term.args.length, term.loc, 0, arity, report);
    if (term.kind === "arraycomprehension" || term.kind === "setcomprehension" || term.kind === "objectcomprehension") {
      for (const expr of term.body) {
        if (expr.terms.kind === "call")
          checkCall(expr.terms.operator, expr.terms.args.length, expr.loc, 1, arity, report);
      }
    }
    return true;
  };
}

/** At the top of an expression a call may name its output as one argument more. */
function checkCall(
  operator: Ref,
  got: number,
  loc: Location,
  outputs: number,
  arity: (name: string) => number | undefined,
  report: Report,
): void {
  const name = nameOfRef(operator);
  const wanted = name === undefined ? undefined : arity(name);
  if (name === undefined || name === "print" || name === "internal.print") return;
  if (wanted === undefined) {
    report({ code: "rego_type_error", message: `undefined function ${name}`, loc });
  } else if (got !== wanted && got !== wanted + outputs) {
    const message = got > wanted ? "too many arguments" : "too few arguments";
    report({
      code: "rego_type_error",
      message: `function ${name} has arity ${wanted}, got ${got} argument${got === 1 ? "" : "s"}`,
      loc,
      hint: message,
    });
  }
}

/** OPA's stage CheckRuleConflicts: what shares a path must be of one kind. */
export function checkConflicts(node: RuleNode, report: Report): void {
  const [first, ...rest] = node.rules;
  if (first !== undefined) {
    const name = `data.${node.path.join(".")}`;
    const kinds = new Set(node.rules.map((each) => `${each.kind} ${each.suffix.length > 0}`));
    const arities = new Set(node.rules.map((each) => each.rule.head.args?.length));
    const defaults = node.rules.filter((each) => each.rule.default);
    const isMixed = kinds.size > 1 && !(node.rules.every((each) => each.kind === "complete") && defaults.length === 0);
    if (isMixed || arities.size > 1)
      report({ code: "rego_type_error", message: `conflicting rules ${name} found`, loc: first.rule.loc });
    if (defaults.length > 1)
      report({ code: "rego_type_error", message: `multiple default rules ${name} found`, loc: defaults[1]?.rule.loc });
    const below = [...node.children.values()].find((child) => child.rules.length > 0 || child.children.size > 0);
    const isLeaf = node.rules.every((each) => each.suffix.length === 0);
    if (below !== undefined && isLeaf && rest.length >= 0) {
      const other = firstRule(below);
      const message = `rule ${name} conflicts with [data.${other?.path.join(".")}]`;
      if (other !== undefined) report({ code: "rego_type_error", message, loc: first.rule.loc });
    }
  }
  for (const child of node.children.values()) checkConflicts(child, report);
}

function firstRule(node: RuleNode): RuleNode["rules"][number] | undefined {
  return node.rules[0] ?? [...node.children.values()].map(firstRule).find((each) => each !== undefined);
}
