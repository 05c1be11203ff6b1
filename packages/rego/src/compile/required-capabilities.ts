import { type BuiltinSignature, findSignature } from "../builtins/capabilities.ts";
import type { Expr, Ref, Rule, Term } from "../syntax/ast.ts";
import type { Compiled, RuleNode } from "./compiled.ts";
import { directTerms, headTerms, nameOfRef, ruleChain, walkExprs, walkExprsOfTerm, walkTerm } from "./walk.ts";

/** What an engine must have to run a policy. https://www.openpolicyagent.org/docs/deployments#capabilities */
export interface RequiredCapabilities {
  /** Sorted by name. */
  readonly builtins: readonly { readonly name: string; readonly signature: BuiltinSignature }[];
  readonly futureKeywords: readonly string[];
  readonly features: readonly string[];
}

/** OPA's stage BuildRequiredCapabilities: the builtins that are called as written and as compiled, and the language that is used. */
export function requiredCapabilities({ modules, root }: Compiled): RequiredCapabilities {
  const names = new Set<string>();
  const features = new Set<string>();
  const keywords = new Set<string>();
  for (const module of modules) {
    for (const rule of module.rules) collectWritten(rule, names, features);
    if (module.regoVersion === "v1") features.add("rego_v1");
    for (const { path } of module.imports) if (isFuture(path)) keywords.add(keywordOf(path));
  }
  collectCompiled(root, names);
  const builtins = [...names].sort().flatMap((name) => {
    const signature = findSignature(name);
    return signature === undefined ? [] : [{ name, signature }];
  });
  const optional = [...keywords].filter((word) => word === "not" || !features.has("rego_v1"));
  return { builtins, futureKeywords: optional.sort(), features: [...features].sort() };
}

function isFuture({ terms }: Ref): boolean {
  return terms.length === 3 && terms[0]?.kind === "var" && terms[0].name === "future";
}

function keywordOf({ terms }: Ref): string {
  const last = terms.at(-1);
  return last?.kind === "string" ? last.value : "";
}

function collectWritten(rule: Rule, names: Set<string>, features: Set<string>): void {
  const visitTerm = (term: Term): boolean => {
    if (term.kind === "call") names.add(nameOfRef(term.operator) ?? "");
    if (term.kind === "templatestring") {
      features.add("template_strings");
      names.add("internal.template_string");
    }
    return true;
  };
  const visitExpr = (expr: Expr): boolean => {
    if (expr.terms.kind === "call") names.add(nameOfRef(expr.terms.operator) ?? "");
    if (expr.terms.kind !== "some") for (const term of directTerms(expr)) walkTerm(term, visitTerm);
    return true;
  };
  for (const each of ruleChain(rule)) {
    walkExprs(each.body, visitExpr);
    for (const term of headTerms(each)) {
      walkTerm(term, visitTerm);
      walkExprsOfTerm(term, visitExpr);
    }
  }
}

function collectCompiled({ rules, children }: RuleNode, names: Set<string>): void {
  for (const { rule } of rules)
    for (const each of ruleChain(rule))
      walkExprs(each.body, ({ terms }) => {
        if (terms.kind === "call") names.add(nameOfRef(terms.operator) ?? "");
        return true;
      });
  for (const child of children.values()) collectCompiled(child, names);
}
