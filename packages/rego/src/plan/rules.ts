import type { CompiledRule } from "../compile/compiled.ts";
import type { Block } from "../run/ir.ts";
import type { Rule, Term } from "../syntax/ast.ts";
import { createScope } from "./body.ts";
import { localOperand } from "./builder.ts";
import { constantText, isConstant } from "./context.ts";
import { planGroup } from "./group.ts";
import { keyOfRule } from "./key.ts";
import type { Job, Library } from "./library.ts";
import { planBody, planTerm, type Scope } from "./scope.ts";
import { isGroup } from "./tree.ts";
import { unifyOperand } from "./unify.ts";

/** What a rule's function is made of: its scope without variables, the locals of its arguments, and the local it returns. */
interface Frame {
  readonly scope: Scope;
  readonly params: readonly number[];
  readonly result: number;
}

type RulesJob = Extract<Job, { kind: "rules" }>;
type KeyJob = Extract<Job, { kind: "key" }>;

/** Plans the function of all rules at a node. */
export function planRulesJob(library: Library, { name, node, context }: RulesJob): void {
  const scope = createScope(library, context);
  const { writer } = scope;
  const params = (node.rules[0]?.rule.head.args ?? []).map(() => writer.local());
  const frame: Frame = { scope, params, result: writer.local() };
  const planBlocks = () =>
    isGroup(node)
      ? planGroup(scope, node, frame.result, (rule, result) => planChain({ ...frame, result }, rule, "break"))
      : node.rules[0]?.kind === "set"
        ? planSet(frame, node.rules)
        : planValues(frame, node.rules);
  const blocks = params.length > 0 ? writer.repeated(planBlocks) : planBlocks();
  const last = writer.block(() => writer.emit("ReturnLocalStmt", { source: frame.result }));
  const path = ["g0", ...node.path];
  library.builder.funcs.push({
    name,
    path,
    params: [0, 1, ...params],
    return: frame.result,
    blocks: [...blocks, last],
  });
}

/** How a definition with a constant value ends: by leaving its block, or, where all others have the same value, the function. */
type Exit = "break" | "return";

/** Complete rules and functions: each definition may assign the result once. */
function planValues(frame: Frame, rules: readonly CompiledRule[]): readonly Block[] {
  const { writer } = frame.scope;
  const definitions = rules.filter(({ rule }) => !rule.default);
  const exit: Exit = haveSameConstant(definitions) ? "return" : "break";
  const reset = writer.block(() => writer.emit("ResetLocalStmt", { target: frame.result }));
  const blocks = definitions.map(({ rule }) => writer.block(() => planChain(frame, rule, exit)));
  const defaults = rules
    .filter(({ rule }) => rule.default)
    .map(({ rule }) => writer.block(() => planDefault(frame, rule)));
  return [reset, ...blocks, ...defaults];
}

/** Then the first that holds decides, as OPA's early exit does. */
function haveSameConstant(rules: readonly CompiledRule[]): boolean {
  const texts = new Set<string | undefined>();
  for (const { rule } of rules) {
    for (let each: Rule | undefined = rule; each !== undefined; each = each.else) {
      const value = each.head.value as Term;
      texts.add(isConstant(value) ? constantText(value) : undefined);
    }
  }
  return texts.size === 1 && !texts.has(undefined);
}

/** A default's body is not always only `true`: a comprehension in its value stands there. */
function planDefault(frame: Frame, rule: Rule): void {
  frame.scope.writer.at(rule.loc);
  frame.scope.writer.emit("IsUndefinedStmt", { source: frame.result });
  planDefinition(frame, rule, "break");
}

/** A rule with its else branches, the first that holds assigning the result. */
function planChain(frame: Frame, rule: Rule, exit: Exit): void {
  const { writer } = frame.scope;
  writer.at(rule.loc);
  if (rule.else === undefined) {
    planDefinition(frame, rule, exit);
    return;
  }
  const chosen = writer.local();
  writer.emit("ResetLocalStmt", { target: chosen });
  const blocks: Block[] = [];
  for (let each: Rule | undefined = rule; each !== undefined; each = each.else) {
    const branch: Rule = each;
    blocks.push(
      writer.block(() => {
        writer.emit("IsUndefinedStmt", { source: chosen });
        planDefinition({ ...frame, result: chosen }, branch, exit);
      }),
    );
  }
  writer.emit("BlockStmt", { blocks });
  writer.emit("IsDefinedStmt", { source: chosen });
  writer.emit("AssignVarOnceStmt", { source: localOperand(chosen), target: frame.result });
}

function planDefinition({ scope: outer, params, result }: Frame, rule: Rule, exit: Exit): void {
  const scope = { ...outer, vars: new Map() };
  const { writer } = scope;
  const depth = writer.depth;
  planArgs(scope, rule.head.args ?? [], params, () => {
    planBody(scope, rule.body, () => {
      writer.at(rule.head.loc);
      planTerm(scope, rule.head.value as Term, (value) => {
        writer.emit("AssignVarOnceStmt", { source: value, target: result });
        if (!isConstant(rule.head.value as Term)) return;
        if (exit === "return") writer.emit("ReturnLocalStmt", { source: result });
        else if (writer.depth > depth) writer.emit("BreakStmt", { index: writer.depth - depth });
      });
    });
  });
}

function planArgs(scope: Scope, args: readonly Term[], params: readonly number[], next: () => void): void {
  const [arg, ...rest] = args;
  const [param, ...others] = params;
  if (arg === undefined || param === undefined) next();
  else unifyOperand(scope, localOperand(param), arg, () => planArgs(scope, rest, others, next));
}

function planSet({ scope: { writer }, scope: outer, result }: Frame, rules: readonly CompiledRule[]): readonly Block[] {
  const make = writer.block(() => writer.emit("MakeSetStmt", { target: result }));
  const blocks = rules.map(({ rule }) =>
    writer.block(() => {
      const scope = { ...outer, vars: new Map() };
      writer.at(rule.loc);
      planBody(scope, rule.body, () => {
        writer.at(rule.head.loc);
        planTerm(scope, rule.head.key as Term, (value) => writer.emit("SetAddStmt", { value, set: result }));
      });
    }),
  );
  return [make, ...blocks];
}

/**
 * Plans the function of one entry of a partial rule: not a part of OPA's IR, but made of its statements. The argument is bound to the
 * key of each definition before its body runs, as topdown does for a ground reference.
 */
export function planKeyJob(library: Library, { name, node, context }: KeyJob): void {
  const scope = createScope(library, context);
  const { writer } = scope;
  const [key, found, result] = [writer.local(), writer.local(), writer.local()];
  const make = writer.block(() => writer.emit("MakeObjectStmt", { target: found }));
  const blocks = node.rules.map((each) => writer.loop(() => planEntry(scope, each, key, found)));
  const last = writer.block(() => {
    writer.emit("DotStmt", { source: localOperand(found), key: localOperand(key), target: result });
    writer.emit("ReturnLocalStmt", { source: result });
  });
  library.builder.funcs.push({ name, params: [0, 1, key], return: result, blocks: [make, ...blocks, last] });
}

function planEntry(outer: Scope, each: CompiledRule, key: number, found: number): void {
  const scope = { ...outer, vars: new Map() };
  const { writer } = scope;
  const { rule, kind } = each;
  writer.at(rule.loc);
  unifyOperand(scope, localOperand(key), keyOfRule(each), () => {
    planBody(scope, rule.body, () => {
      writer.at(rule.head.loc);
      if (kind === "set") {
        writer.emit("ReturnLocalStmt", { source: key });
        return;
      }
      planTerm(scope, rule.head.value as Term, (value) => {
        writer.emit("ObjectInsertOnceStmt", { key: localOperand(key), value, object: found });
      });
    });
  });
}
