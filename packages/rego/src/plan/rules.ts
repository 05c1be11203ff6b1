import type { CompiledRule, RuleNode } from "../compile/compiled.ts";
import type { Block } from "../run/ir.ts";
import type { Rule, Term } from "../syntax/ast.ts";
import { createScope } from "./body.ts";
import { localOperand } from "./builder.ts";
import { type Context, isConstant } from "./context.ts";
import { type Dispatch, findDispatch, planSubject } from "./dispatch.ts";
import { constantOf } from "./failures.ts";
import { planGroup } from "./group.ts";
import { planRuleBody, RuleGuards } from "./guards.ts";
import { keyOfRule } from "./key.ts";
import type { Job, Library } from "./library.ts";
import { planTerm, type Scope } from "./scope.ts";
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
  const path = [contextOf(name), ...node.path];
  const arity = node.rules[0]?.rule.head.args?.length ?? 0;
  planFunction(library, context, { name, path, arity, guards: guardsOf(library, node) }, (frame) => {
    if (!isGroup(node)) return planDefinitions(frame, node.rules, name);
    const chain = (rule: Rule, result: number) => planChain({ ...frame, result }, rule, "break");
    return planGroup(frame.scope, node, frame.result, chain);
  });
}

/** The part of a function's name that tells contexts apart. */
function contextOf(name: string): string {
  return name.slice(0, name.indexOf("."));
}

/** Plans that are printed have none: they are what OPA plans. */
function guardsOf(library: Library, node: RuleNode): RuleGuards | undefined {
  return library.hasLookups ? new RuleGuards(library, node) : undefined;
}

interface Signature {
  readonly name: string;
  readonly path: readonly string[];
  readonly arity: number;
  readonly guards: RuleGuards | undefined;
}

function planFunction(
  library: Library,
  context: Context,
  { name, path, arity, guards }: Signature,
  planBlocks: (frame: Frame) => readonly Block[],
): void {
  const scope = { ...createScope(library, context), ...(guards === undefined ? {} : { guards }) };
  const { writer } = scope;
  const params = Array.from({ length: arity }, () => writer.local());
  const result = writer.local();
  const frame: Frame = { scope, params, result };
  const blocks = arity > 0 ? writer.repeated(() => planBlocks(frame)) : planBlocks(frame);
  const last = writer.block(() => writer.emit("ReturnLocalStmt", { source: result }));
  library.builder.funcs.push({ name, path, params: [0, 1, ...params], return: result, blocks: [...blocks, last] });
}

/** How a definition with a constant value ends: by leaving its block, or, where all others have the same value, the function. */
type Exit = "break" | "return";

/** Definitions of a function of this name. Where a string tells many apart, only those that it is for are asked. */
function planDefinitions(frame: Frame, rules: readonly CompiledRule[], name: string): readonly Block[] {
  const dispatch = frame.scope.library.hasLookups ? findDispatch(rules) : undefined;
  const rest = dispatch?.rest ?? rules;
  if (rules[0]?.kind === "set") {
    const { writer } = frame.scope;
    const make = writer.block(() => writer.emit("MakeSetStmt", { target: frame.result }));
    const looked = dispatch === undefined ? [] : [planLookup(frame, dispatch, name, (value) => addAll(frame, value))];
    return [make, ...looked, ...planMembers(frame, rest)];
  }
  const definitions = rules.filter(({ rule }) => !rule.default);
  // Then the first that holds decides, as OPA's early exit does.
  const exit: Exit = constantOf(definitions.map(({ rule }) => rule)) === undefined ? "break" : "return";
  const looked =
    dispatch === undefined ? [] : [planLookup(frame, dispatch, name, (value) => assign(frame, value, exit))];
  return planValues(frame, rest, exit, looked);
}

/** Complete rules and functions: each definition may assign the result once. */
function planValues(
  frame: Frame,
  rules: readonly CompiledRule[],
  exit: Exit,
  looked: readonly Block[],
): readonly Block[] {
  const { writer } = frame.scope;
  const reset = writer.block(() => writer.emit("ResetLocalStmt", { target: frame.result }));
  const definitions = rules.filter(({ rule }) => !rule.default);
  const ordered = exit === "return" ? (frame.scope.guards?.inOrder(definitions) ?? definitions) : definitions;
  const blocks = ordered.map(({ rule }) => writer.block(() => planChain(frame, rule, exit)));
  const defaults = rules
    .filter(({ rule }) => rule.default)
    .map(({ rule }) => writer.block(() => planDefault(frame, rule)));
  return [reset, ...looked, ...blocks, ...defaults];
}

/** A function for each key, and the call of the one that the subject's value is for. Each definition still makes its comparison. */
function planLookup(frame: Frame, dispatch: Dispatch, name: string, use: (value: number) => void): Block {
  const { scope, params } = frame;
  const { writer, library, context, guards } = scope;
  for (const [key, rules] of dispatch.byKey) {
    const ofKey = `${name}[${JSON.stringify(key)}]`;
    const signature = { name: ofKey, path: [indexRoot, name, key], arity: params.length, guards };
    planFunction(library, context, signature, (inner) => planDefinitions(inner, rules, ofKey));
  }
  return writer.block(() => {
    const subject = planSubject(scope, dispatch.subject, params);
    const result = writer.local();
    const path = [writer.string(indexRoot), writer.string(name), subject];
    writer.emit("CallDynamicStmt", { path, args: [0, 1, ...params], result });
    use(result);
  });
}

/** First part of the paths of functions that hold the definitions of one key. */
const indexRoot = "index";

function addAll({ scope: { writer }, result }: Frame, source: number): void {
  const [key, value] = [writer.local(), writer.local()];
  const block = writer.loop(() => writer.emit("SetAddStmt", { value: localOperand(value), set: result }));
  writer.emit("ScanStmt", { source, key, value, block });
}

function assign({ scope: { writer }, result }: Frame, value: number, exit: Exit): void {
  writer.emit("AssignVarOnceStmt", { source: localOperand(value), target: result });
  if (exit === "return") writer.emit("ReturnLocalStmt", { source: result });
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
    planRuleBody(scope, rule, () => {
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

function planMembers(frame: Frame, rules: readonly CompiledRule[]): readonly Block[] {
  const { writer } = frame.scope;
  return rules.map(({ rule }) =>
    writer.block(() => {
      const scope = { ...frame.scope, vars: new Map() };
      writer.at(rule.loc);
      planRuleBody(scope, rule, () => {
        writer.at(rule.head.loc);
        planTerm(scope, rule.head.key as Term, (value) => writer.emit("SetAddStmt", { value, set: frame.result }));
      });
    }),
  );
}

/**
 * Plans the function of one entry of a partial rule: not a part of OPA's IR, but made of its statements. The argument is bound to the
 * key of each definition before its body runs, as topdown does for a ground reference.
 */
export function planKeyJob(library: Library, { name, node, context }: KeyJob): void {
  const scope = { ...createScope(library, context), guards: new RuleGuards(library, node) };
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
    planRuleBody(scope, rule, () => {
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
