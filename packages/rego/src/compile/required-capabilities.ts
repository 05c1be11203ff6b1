import { type BuiltinSignature, findSignature } from "../builtins/capabilities.ts";
import type { Body, Expr, Module, Ref, RegoVersion, Rule, Term } from "../syntax/ast.ts";
import type { Compiled, RuleNode } from "./compiled.ts";
import { isBuiltinNamed, nameOfRef } from "./names.ts";
import { comprehensionTerms, directBodies, directTerms, headTerms, isComprehension, ruleChain } from "./parts.ts";
import { refText } from "./text.ts";
import { walkExprs, walkExprsOfTerm, walkTerm } from "./walk.ts";

/** What an engine must have to run a policy. https://www.openpolicyagent.org/docs/deployments#capabilities */
export interface RequiredCapabilities {
  /** Sorted by name. */
  readonly builtins: readonly { readonly name: string; readonly signature: BuiltinSignature }[];
  readonly futureKeywords: readonly string[];
  readonly features: readonly string[];
}

/**
 * OPA's stage BuildRequiredCapabilities. As there, what only `every` and `not` call is not required, but for the operators that the
 * compiler rewrites. `versionOf` tells in which Rego a module was parsed: one of v0 that imports `rego.v1` has become one of v1.
 */
export function requiredCapabilities(
  { modules, root }: Compiled,
  versionOf: (module: Module) => RegoVersion = ({ regoVersion }) => regoVersion,
): RequiredCapabilities {
  const names = new Set<string>();
  for (const { rules } of modules) for (const rule of rules) collectRewritten(rule, names);
  collectCalled(root, names);
  const builtins = [...names].sort().flatMap((name) => {
    const signature = findSignature(name);
    return signature === undefined ? [] : [{ name, signature }];
  });
  const features = new Set(modules.flatMap((module) => featuresOf(module, versionOf(module))));
  if (names.has("internal.template_string")) features.add("template_strings");
  return {
    builtins,
    futureKeywords: [...new Set(modules.flatMap((module) => futureKeywordsOf(module, versionOf(module))))].sort(),
    features: [...features].sort(),
  };
}

function featuresOf({ imports, rules }: Module, regoVersion: RegoVersion): readonly string[] {
  if (regoVersion === "v1") return ["rego_v1"];
  const features = rules.flatMap(({ head: { ref } }) => {
    if (ref.terms.length < 3) return [];
    return ref.terms.slice(1).every(({ kind }) => kind === "string")
      ? ["rule_head_ref_string_prefixes"]
      : ["rule_head_refs"];
  });
  return imports.some(({ path }) => refText(path) === "rego.v1") ? [...features, "rego_v1_import"] : features;
}

/** Optional in the module's version of Rego, and imported. */
function futureKeywordsOf({ imports }: Module, regoVersion: RegoVersion): readonly string[] {
  const optional = regoVersion === "v1" ? v1FutureKeywords : v0FutureKeywords;
  return imports.flatMap(({ path: { terms } }) => {
    const [head, , word] = terms;
    if (head?.kind !== "var" || head.name !== "future") return [];
    return word === undefined ? optional : optional.filter((each) => word.kind === "string" && word.value === each);
  });
}

const v1FutureKeywords = ["not"];
const v0FutureKeywords = ["contains", "every", "if", "in", ...v1FutureKeywords];

/** What stages of the compiler replace, wherever it stands; declarations only in bodies. */
function collectRewritten(rule: Rule, names: Set<string>): void {
  const visitTerm = (term: Term): boolean => {
    if (term.kind === "templatestring") names.add("internal.template_string");
    return true;
  };
  const visitExpr = (expr: Expr): boolean => {
    if (expr.terms.kind === "call" && isRewritten(expr.terms.operator)) names.add(nameOfRef(expr.terms.operator) ?? "");
    if (expr.terms.kind !== "some") for (const term of directTerms(expr)) walkTerm(term, visitTerm);
    return true;
  };
  for (const each of ruleChain(rule)) {
    walkExprs(each.body, (expr) => {
      if (expr.terms.kind === "call" && isBuiltinNamed(expr.terms.operator, "assign")) names.add("assign");
      return visitExpr(expr);
    });
    for (const term of headTerms(each)) {
      walkTerm(term, visitTerm);
      walkExprsOfTerm(term, visitExpr);
    }
  }
}

function isRewritten(operator: Ref): boolean {
  return isBuiltinNamed(operator, "equal") || isBuiltinNamed(operator, "print");
}

function collectCalled({ rules, children }: RuleNode, names: Set<string>): void {
  for (const { rule } of rules) for (const each of ruleChain(rule)) collectOfBody(each.body, names);
  for (const child of children.values()) collectCalled(child, names);
}

function collectOfBody(body: Body, names: Set<string>): void {
  for (const expr of body) {
    if (expr.terms.kind === "call") names.add(nameOfRef(expr.terms.operator) ?? "");
    collectOfComprehensions(expr, names);
  }
}

/** Of those in the bodies of `every` and `not` too. */
function collectOfComprehensions(expr: Expr, names: Set<string>): void {
  for (const body of directBodies(expr)) for (const inner of body) collectOfComprehensions(inner, names);
  const visit = (term: Term): boolean => {
    if (!isComprehension(term)) return true;
    collectOfBody(term.body, names);
    for (const part of comprehensionTerms(term)) walkTerm(part, visit);
    return false;
  };
  for (const term of directTerms(expr)) walkTerm(term, visit);
  for (const { value } of expr.with) walkTerm(value, visit);
}
