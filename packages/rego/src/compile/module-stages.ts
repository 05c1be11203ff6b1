import type { Import, Module, Rule } from "../syntax/ast.ts";
import { checkDeprecatedBuiltins, checkUnsafeBuiltins } from "./builtin-checks.ts";
import { indexComprehensions } from "./comprehension-indices.ts";
import { rewriteComprehensionTerms, rewriteRefsInHead } from "./comprehension-terms.ts";
import { checkDuplicateImports } from "./duplicate-imports.ts";
import { TermHoister } from "./dynamic-terms.ts";
import { rewriteEquals } from "./equals.ts";
import { CallHoister } from "./expr-terms.ts";
import { rewriteHeadRefs } from "./head-refs.ts";
import { checkKeywordOverrides } from "./keyword-overrides.ts";
import { rewriteLocalVars } from "./local-vars.ts";
import { rewriteLogic } from "./logic.ts";
import { rewriteMetadataCalls } from "./metadata.ts";
import { ruleChain } from "./parts.ts";
import { erasePrintCalls, rewritePrintCalls } from "./print-calls.ts";
import { checkArgs, checkUnusedImports, resolveRules } from "./resolve-refs.ts";
import { mapAll } from "./rewriter.ts";
import { orderRuleBody, type PlaceName } from "./safety.ts";
import { checkHeadSafety } from "./safety-heads.ts";
import type { ModuleStage, StageContext, Unit } from "./stage.ts";
import { rewriteTemplates } from "./template-strings.ts";
import { markTestCases } from "./test-cases.ts";
import { rewriteTestRules } from "./test-rules.ts";
import { refText } from "./text.ts";
import type { CaptureContext } from "./undeclared.ts";
import { checkUndefinedFunctions } from "./undefined-functions.ts";
import { checkVoidCalls } from "./void-calls.ts";
import { WithRewriter } from "./with-values.ts";

// The stages that look at one module at a time, by OPA's names and in its order. What is global stands between these lists: see
// `compile.ts`.

/** Before the rule tree is built. */
export const nameStages: readonly ModuleStage[] = [
  { name: "ResolveRefs", run: resolveRefs },
  { name: "RewriteRuleHeadRefs", run: rewriteHeadRefs },
  {
    name: "CheckKeywordOverrides",
    run: ifProtected(({ module }, { report }) => checkKeywordOverrides(module, report)),
  },
  {
    name: "CheckDuplicateImports",
    run: ifProtected(({ module }, { report }) => checkDuplicateImports(module, report)),
  },
];

/** Behind the rule tree. */
export const rewriteStages: readonly ModuleStage[] = [
  { name: "RewriteLocalVars", run: rewriteLocals },
  { name: "MarkTestCases", run: markCases },
  { name: "RewriteTemplateStrings", run: rewriteTemplateStrings },
  { name: "CheckVoidCalls", run: checkVoid },
  { name: "RewritePrintCalls", run: rewritePrints },
  { name: "RewriteExprTerms", run: rewriteExprTerms },
  { name: "RewriteRegoMetadataCalls", run: rewriteMetadata },
  { name: "RewriteComprehensionTerms", run: rewriteComprehensions },
  { name: "RewriteRefsInHead", run: ({ rules, names }) => mapAll(rules, (rule) => rewriteRefsInHead(rule, names)) },
  { name: "RewriteWithValues", run: rewriteWiths },
];

/** Behind the check for conflicting rules. */
export const safetyStages: readonly ModuleStage[] = [
  {
    name: "CheckUndefinedFuncs",
    run: eachRule((rule, { names }, context) => checkUndefinedFunctions(rule, names, context)),
  },
  { name: "CheckSafetyRuleHeads", run: checkHeads },
  { name: "CheckSafetyRuleBodies", run: orderBodies },
  { name: "RewriteEquals", run: ({ rules }) => mapAll(rules, rewriteEquals) },
  { name: "RewriteDynamicTerms", run: rewriteDynamicTerms },
  { name: "RewriteTestRulesForTracing", run: rewriteTests },
  { name: "BuildComprehensionIndices", run: buildComprehensionIndices },
];

/** Behind the type checker. */
export const builtinStages: readonly ModuleStage[] = [
  { name: "CheckUnsafeBuiltins", run: eachRule((rule, _unit, context) => checkUnsafeBuiltins(rule, context)) },
  {
    name: "CheckDeprecatedBuiltins",
    run: ifProtected((unit, context) => {
      for (const rule of unit.rules) checkDeprecatedBuiltins(rule, context);
    }),
  },
];

/** v1 modules, and all in strict mode. */
function ifProtected(check: (unit: Unit, context: StageContext) => void): ModuleStage["run"] {
  return (unit, context) => {
    if (context.options.strict === true || unit.module.regoVersion === "v1") check(unit, context);
    return unit.rules;
  };
}

function eachRule(check: (rule: Rule, unit: Unit, context: StageContext) => void): ModuleStage["run"] {
  return (unit, context) => {
    for (const rule of unit.rules) check(rule, unit, context);
    return unit.rules;
  };
}

function resolveRefs({ module, globals }: Unit, { options, report }: StageContext): readonly Rule[] {
  const used = new Set<Import>();
  const rules = resolveRules(module.rules, globals, used);
  for (const rule of module.rules) checkArgs(rule, report);
  if (options.strict === true) checkUnusedImports(module.imports, used, report);
  return rules;
}

function rewriteLocals({ module, names, rules }: Unit, { options, report, builtin }: StageContext): readonly Rule[] {
  const isBuiltin = (name: string) => builtin(name) !== undefined;
  const context = { names, report, strict: options.strict === true, isBuiltin };
  const plain =
    hasImport(module, "and") || hasImport(module, "or") ? rules.map((rule) => rewriteLogic(rule, report)) : rules;
  return plain.map((rule) => rewriteLocalVars(rule, context));
}

/** True with `import future.keywords.<word>`. */
function hasImport({ imports }: Module, word: string): boolean {
  return imports.some(({ path: { terms } }) => {
    const [head, , last] = terms;
    return head?.kind === "var" && head.name === "future" && last?.kind === "string" && last.value === word;
  });
}

function markCases({ module, names, rules }: Unit, { options }: StageContext): readonly Rule[] {
  if (options.testCases !== true) return rules;
  return mapAll(rules, (rule) => markTestCases(rule, module.package.path.terms.length, names));
}

/** False where a stage has nothing to do, as the word that it is about stands nowhere. What nobody wrote has no text. */
function mayHold({ text }: Module, word: string): boolean {
  return text === "" || text.includes(word);
}

/** Of OPA's own builtins only `print` and two internal ones have no result. */
function checkVoid({ module, rules }: Unit, context: StageContext): readonly Rule[] {
  const isStandard = context.options.builtins === undefined;
  if (isStandard && !mayHold(module, "print(") && !mayHold(module, "internal")) return rules;
  for (const rule of rules) checkVoidCalls(rule, context);
  return rules;
}

/** Behind others a term ends: there, `$"` is the end of a regular expression in quotes. Keywords need no space before a template string. */
const templateQuote = /(?:^|[^\w)\]}.]|(?:^|\W)(?:if|not|in|contains|some|every|and|or|with|else))\$["`]/;

function rewriteTemplateStrings(unit: Unit, context: StageContext): readonly Rule[] {
  if (unit.module.text !== "" && !templateQuote.test(unit.module.text)) return unit.rules;
  return mapAll(unit.rules, (rule) => rewriteTemplates(rule, captureContext(unit, context)));
}

function rewritePrints(unit: Unit, context: StageContext): readonly Rule[] {
  if (!mayHold(unit.module, "print(")) return unit.rules;
  if (context.options.print !== true) return mapAll(unit.rules, erasePrintCalls);
  return mapAll(unit.rules, (rule) => rewritePrintCalls(rule, captureContext(unit, context)));
}

function captureContext({ names }: Unit, context: StageContext): CaptureContext {
  return { ...context, names };
}

function rewriteExprTerms({ rules, names }: Unit): readonly Rule[] {
  const hoister = new CallHoister(names);
  return mapAll(rules, (rule) => hoister.rule(rule));
}

function rewriteMetadata({ module, rules, names }: Unit, context: StageContext): readonly Rule[] {
  if (!mayHold(module, "rego.metadata")) return rules;
  return mapAll(rules, (rule) => rewriteMetadataCalls(rule, module, names, context));
}

function rewriteComprehensions({ module, rules, names }: Unit): readonly Rule[] {
  if (!mayHold(module, "|")) return rules;
  return mapAll(rules, (rule) => rewriteComprehensionTerms(rule, names));
}

function buildComprehensionIndices({ module, rules }: Unit, { arity }: StageContext): readonly Rule[] {
  if (!mayHold(module, "|")) return rules;
  return mapAll(rules, (rule) => indexComprehensions(rule, arity));
}

function rewriteWiths({ module, rules, names }: Unit, context: StageContext): readonly Rule[] {
  if (!mayHold(module, "with")) return rules;
  const rewriter = new WithRewriter(names, context);
  return mapAll(rules, (rule) => rewriter.rule(rule));
}

function checkHeads(unit: Unit, { arity, report }: StageContext): readonly Rule[] {
  const context = { names: unit.names, report, arity };
  for (const rule of unit.rules)
    for (const each of ruleChain(rule)) checkHeadSafety(each, context, placeName(unit.module, rule));
  return unit.rules;
}

function orderBodies(unit: Unit, { arity, report }: StageContext): readonly Rule[] {
  const context = { names: unit.names, report, arity };
  const order = (each: Rule, rule: Rule): Rule => {
    const ordered = orderRuleBody(each, context, placeName(unit.module, rule));
    return { ...ordered, else: each.else && order(each.else, rule) };
  };
  return unit.rules.map((rule) => order(rule, rule));
}

/** A place says not enough where rules of several names begin on one line; what has no file was typed line by line. */
function placeName(module: Module, { loc }: Rule): PlaceName {
  return () => {
    if (module.file === "") return "";
    const onLine = module.rules.filter((each) => each.loc.row === loc.row);
    const names = new Set(onLine.map(({ head }) => refText(head.ref)));
    const own = onLine.find((each) => each.loc.offset === loc.offset);
    return names.size < 2 || own === undefined ? "" : ` in rule ${refText(own.head.ref)}`;
  };
}

function rewriteDynamicTerms({ rules, names }: Unit): readonly Rule[] {
  const hoister = new TermHoister(names);
  return mapAll(rules, (rule) => hoister.rule(rule));
}

function rewriteTests({ module, rules, names }: Unit, { options }: StageContext): readonly Rule[] {
  if (options.traceTests !== true) return rules;
  return mapAll(rules, (rule) => rewriteTestRules(rule, module.package.path.terms.length, names));
}
