import type { RuleNode } from "../compile/compiled.ts";
import type { Block, Operand } from "../run/ir.ts";
import { createScope } from "./body.ts";
import { localOperand } from "./builder.ts";
import { hasSlots, isConstant, mockRoot } from "./context.ts";
import { isSelective } from "./key.ts";
import type { Job, Library, Pattern } from "./library.ts";
import { isSystem, planBaseRoot, planRootWithout } from "./root-data.ts";
import { makeNumber, type Scope } from "./scope.ts";

type DocumentJob = Extract<Job, { kind: "document" }>;
type ChildJob = Extract<Job, { kind: "child" }>;

/** Plans the document at a node without rules: the base document over the values of what lies below, as in topdown. */
export function planDocumentJob(library: Library, { name, node, context, pattern, isWhole }: DocumentJob): void {
  const scope = createScope(library, context);
  const { writer } = scope;
  const [result, virtual] = [writer.local(), writer.local()];
  const make = writer.block(() => {
    writer.emit("MakeObjectStmt", { target: virtual });
    const blocks = childrenOf(scope, node, pattern[0])
      .filter(({ path }) => !isWhole || !isSystem(path))
      .map((child) => planInsertion(scope, child, pattern, virtual));
    writer.emit("BlockStmt", { blocks });
    writer.emit("AssignVarStmt", { source: localOperand(virtual), target: result });
  });
  const merge = writer.block(() => {
    const base = node.path.length === 0 ? planBaseRoot(scope) : planBase(scope, node.path);
    writer.emit("IsObjectStmt", { source: localOperand(base) });
    writer.emit("ObjectMergeStmt", { a: base, b: virtual, target: result });
  });
  const last = writer.block(() => writer.emit("ReturnLocalStmt", { source: result }));
  library.builder.funcs.push({
    name,
    ...(pattern.length === 0 && !isWhole ? { path: [name.slice(0, name.indexOf(".")), ...node.path] } : {}),
    params: [0, 1],
    return: result,
    blocks: [make, merge, last],
  });
}

/** The children that have a value and are wanted, as the context shows them. */
function childrenOf({ library, context }: Scope, node: RuleNode, wanted: Pattern[number]): readonly RuleNode[] {
  return [...node.children]
    .filter(([key, { isDocument }]) => isDocument && (wanted === undefined || wanted === key))
    .flatMap(([, { path }]) => library.node(path, context) ?? []);
}

function planInsertion(scope: Scope, child: RuleNode, pattern: Pattern, object: number): Block {
  const { writer } = scope;
  return writer.block(() => {
    const value = planChild(scope, child, pattern.slice(1));
    writer.emit("ObjectInsertStmt", { key: writer.string(child.path.at(-1) as string), value, object });
  });
}

function planChild(scope: Scope, child: RuleNode, pattern: Pattern): Operand {
  const { library, context, writer } = scope;
  const hasValue = child.rules.length > 0;
  const [key] = pattern;
  if (hasValue && key !== undefined && library.hasLookups) {
    if (isSelective(child)) return planEntry(scope, child, key);
    if (isWithoutKey(child, key)) return planEmpty(scope);
  }
  const func = hasValue ? library.ruleFunction(child, context) : library.documentFunction(child, pattern, context);
  const result = writer.local();
  writer.emit("CallStmt", { func, args: [localOperand(0), localOperand(1)], result });
  return localOperand(result);
}

/** True where no rule has the key: those that are there may be the ones that ask. */
function isWithoutKey({ rules, children }: RuleNode, wanted: string | number): boolean {
  if (children.size > 0) return false;
  return rules.every(({ suffix: [key] }) => {
    if (key === undefined || !isConstant(key)) return false;
    return key.kind === "number" ? key.text !== String(wanted) : key.kind !== "string" || key.value !== wanted;
  });
}

function planEmpty({ writer }: Scope): Operand {
  const target = writer.local();
  writer.emit("MakeObjectStmt", { target });
  return localOperand(target);
}

/** Of a partial rule only what is wanted: the others may be those that ask. */
function planEntry(scope: Scope, child: RuleNode, wanted: string | number): Operand {
  const { library, context, writer } = scope;
  const [target, value] = [writer.local(), writer.local()];
  const isSet = child.rules[0]?.kind === "set";
  writer.emit(isSet ? "MakeSetStmt" : "MakeObjectStmt", { target });
  const find = writer.block(() => {
    const key = typeof wanted === "string" ? writer.string(wanted) : makeNumber(scope, String(wanted));
    const args = [localOperand(0), localOperand(1), key];
    writer.emit("CallStmt", { func: library.keyFunction(child, context), args, result: value });
    if (isSet) writer.emit("SetAddStmt", { value: key, set: target });
    else writer.emit("ObjectInsertStmt", { key, value: localOperand(value), object: target });
  });
  writer.emit("BlockStmt", { blocks: [find] });
  return localOperand(target);
}

/** The base document at a path, without the values of mocks. */
function planBase(scope: Scope, path: readonly string[]): number {
  const { writer, context } = scope;
  if (path.length === 0 && hasSlots(context)) return planRootWithout(scope, [mockRoot]);
  let source = 1;
  for (const part of path) {
    const target = writer.local();
    writer.emit("DotStmt", { source: localOperand(source), key: writer.string(part), target });
    source = target;
  }
  return source;
}

/**
 * Plans the lookup of one child by a key that is known when it runs: not a part of OPA's IR, which has CallDynamicStmt for the case that
 * all children are rules, but made of its statements. Other keys are those of the base document.
 */
export function planChildJob(library: Library, { name, node, context, pattern }: ChildJob): void {
  const scope = createScope(library, context);
  const { writer } = scope;
  const [key, result] = [writer.local(), writer.local()];
  const children = childrenOf(scope, node, undefined);
  const blocks = children.map((child) =>
    writer.block(() => {
      writer.emit("EqualStmt", { a: localOperand(key), b: writer.string(child.path.at(-1) as string) });
      const outcome = writer.block(() => {
        const value = planChild(scope, child, pattern);
        writer.emit("AssignVarStmt", { source: value, target: result });
      });
      writer.emit("BlockStmt", { blocks: [outcome] });
      writer.emit("ReturnLocalStmt", { source: result });
    }),
  );
  const reset = writer.block(() => writer.emit("ResetLocalStmt", { target: result }));
  const base = writer.block(() => {
    const source = localOperand(planBase(scope, node.path));
    writer.emit("DotStmt", { source, key: localOperand(key), target: result });
    writer.emit("ReturnLocalStmt", { source: result });
  });
  library.builder.funcs.push({ name, params: [0, 1, key], return: result, blocks: [reset, ...blocks, base] });
}
