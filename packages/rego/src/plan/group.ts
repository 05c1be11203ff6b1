import type { CompiledRule, RuleNode } from "../compile/compiled.ts";
import { ruleChain } from "../compile/parts.ts";
import { isFunction, pathOf } from "../compile/rule-tree.ts";
import type { Block, Operand } from "../run/ir.ts";
import type { Rule, Term } from "../syntax/ast.ts";
import { localOperand } from "./builder.ts";
import { constantText, isConstant } from "./context.ts";
import { planRuleBody } from "./guards.ts";
import { type Next, planBody, planTerm, type Scope } from "./scope.ts";

/** A rule with its path below the node of its group. */
interface Member {
  readonly each: CompiledRule;
  readonly path: readonly Term[];
}

/** Plans the value of a rule with its else branches into a local. */
type Chain = (rule: Rule, result: number) => void;

/**
 * Rules with variables in their path, with all rules below the node: one object of objects. The longest paths come first, so that a
 * value in whose inside another rule has written is a conflict, and is never changed.
 */
export function planGroup(scope: Scope, node: RuleNode, result: number, chain: Chain): readonly Block[] {
  const { writer } = scope;
  const all = membersOf(node, []);
  const members = all
    .filter((member) => isDefinition(member) || !all.some((other) => isAbove(other, member)))
    .sort((a, b) => writtenDepth(b) - writtenDepth(a));
  const make = writer.block(() => {
    writer.emit("MakeObjectStmt", { target: result });
    planEmpty(scope, members, 0, result);
  });
  const [definitions, defaults] = [members.filter(isDefinition), members.filter((member) => !isDefinition(member))];
  const isClosed = (member: Member) => member.each.kind !== "set" && !all.some((other) => isAbove(other, member));
  const closed = Map.groupBy(definitions.filter(isClosed), ({ path }) => path.map(constantText).join());
  const values = [...closed.values()].flatMap((same) => planComplete(scope, same, result, chain));
  const blocks = [...definitions.filter((member) => !isClosed(member)), ...defaults].map((member) =>
    writer.block(() => planMember({ ...scope, vars: new Map() }, member, result, chain)),
  );
  return [make, ...values, ...blocks];
}

/** Rules at one constant path that no variable reaches: as complete rules they have one value together. */
function planComplete(scope: Scope, members: readonly Member[], result: number, chain: Chain): readonly Block[] {
  const { writer } = scope;
  const value = writer.local();
  const reset = writer.block(() => writer.emit("ResetLocalStmt", { target: value }));
  const definitions = members.map((member) =>
    writer.block(() =>
      planValue({ ...scope, vars: new Map() }, member.each.rule, chain, (source) => {
        writer.emit("AssignVarOnceStmt", { source, target: value });
      }),
    ),
  );
  const [first] = members as [Member];
  const insert = writer.block(() => {
    writer.at(first.each.rule.head.loc);
    writer.emit("IsDefinedStmt", { source: value });
    insertValue(scope, result, first.path, (next) => next(localOperand(value)));
  });
  return [reset, ...definitions, insert];
}

/** As in OPA, a default is never asked where another rule has a variable further up in its path. */
function isAbove({ path }: Member, { path: below }: Member): boolean {
  const places = path.findIndex((term) => !isConstant(term));
  if (places < 0 || places >= below.length) return false;
  return path.slice(0, places).every((term, i) => constantText(term) === constantText(below[i] as Term));
}

/** A member of a set is written one level below the path. */
function writtenDepth({ each, path }: Member): number {
  return path.length + (each.kind === "set" ? 1 : 0);
}

/**
 * What is there when no rule has a value: objects down to where keys are no constants any more, and empty sets. Constants that are no
 * strings are places as those of packages and names are.
 */
function planEmpty(scope: Scope, members: readonly Member[], depth: number, object: number): void {
  if (!members.every(({ path }) => isConstant(path[depth] as Term))) return;
  const byKey = Map.groupBy(members, ({ path }) => constantText(path[depth] as Term));
  for (const group of byKey.values()) {
    const [first] = group as [Member];
    const inside = group.filter(({ path }) => path.length > depth + 1);
    const isSet = inside.length === 0 && first.each.kind === "set";
    if (inside.length === 0 && !isSet) continue;
    planTerm(scope, first.path[depth] as Term, (key) => {
      const child = childOf(scope, object, key, isSet ? "MakeSetStmt" : "MakeObjectStmt");
      if (!isSet) planEmpty(scope, inside, depth + 1, child);
    });
  }
}

function isDefinition({ each }: Member): boolean {
  return !each.rule.default;
}

function membersOf(node: RuleNode, keys: readonly string[]): Member[] {
  const own = node.rules
    .filter((each) => !isFunction(each))
    .map((each): Member => {
      const { loc } = each.rule.head;
      return { each, path: [...keys.map((value): Term => ({ kind: "string", loc, value })), ...each.suffix] };
    });
  return [...own, ...[...node.children].flatMap(([key, child]) => membersOf(child, [...keys, key]))];
}

function planMember(scope: Scope, { each: { rule, kind }, path }: Member, result: number, chain: Chain): void {
  const { writer } = scope;
  writer.at(rule.loc);
  if (rule.default) {
    planDefault(scope, rule, path, result);
  } else if (kind === "set") {
    planRuleBody(scope, rule, () => {
      writer.at(rule.head.loc);
      insertMember(scope, result, path, rule.head.key as Term);
    });
  } else if (rule.else !== undefined && !path.every(isConstant)) {
    planBranches(scope, rule, path, result);
  } else if (rule.else !== undefined) {
    planValue(scope, rule, chain, (value) => insertValue(scope, result, path, (next) => next(value)));
  } else {
    planRuleBody(scope, rule, () => {
      writer.at(rule.head.loc);
      insertValue(scope, result, path, (next) => planTerm(scope, rule.head.value as Term, next));
    });
  }
}

/** Each branch has a variable of its own for what is not constant in the path: `p[input.x].q := 1 if a else := 2`. */
function planBranches(scope: Scope, rule: Rule, path: readonly Term[], result: number): void {
  const { writer } = scope;
  const above = path.slice(0, path.length - pathOf(rule.head.ref).suffix.length);
  const chosen = writer.local();
  writer.emit("ResetLocalStmt", { target: chosen });
  const blocks = ruleChain(rule).map((branch) =>
    writer.block(() => {
      const inner = { ...scope, vars: new Map() };
      writer.emit("IsUndefinedStmt", { source: chosen });
      planRuleBody(inner, branch, () => {
        writer.at(branch.head.loc);
        planTerm(inner, branch.head.value as Term, (source) => {
          writer.emit("AssignVarOnceStmt", { source, target: chosen });
          insertValue(inner, result, [...above, ...pathOf(branch.head.ref).suffix], (next) => next(source));
        });
      });
    }),
  );
  writer.emit("BlockStmt", { blocks });
}

/** The value of a rule with its branches. */
function planValue(scope: Scope, rule: Rule, chain: Chain, next: Next<Operand>): void {
  const { writer } = scope;
  writer.at(rule.loc);
  if (rule.else === undefined) {
    planRuleBody(scope, rule, () => {
      writer.at(rule.head.loc);
      planTerm(scope, rule.head.value as Term, next);
    });
    return;
  }
  const chosen = writer.local();
  writer.emit("ResetLocalStmt", { target: chosen });
  const block = writer.block(() => chain(rule, chosen));
  writer.emit("BlockStmt", { blocks: [block] });
  writer.emit("IsDefinedStmt", { source: chosen });
  next(localOperand(chosen));
}

/** A default stands where no other rule has put a value. */
function planDefault(scope: Scope, rule: Rule, path: readonly Term[], result: number): void {
  const { writer } = scope;
  const missing = writer.block(() => {
    let source = localOperand(result);
    for (const key of path) {
      planTerm(scope, key, (operand) => {
        const target = writer.local();
        writer.emit("DotStmt", { source, key: operand, target });
        source = localOperand(target);
      });
    }
  });
  writer.emit("NotStmt", { block: missing });
  planBody(scope, rule.body, () => {
    insertValue(scope, result, path, (next) => planTerm(scope, rule.head.value as Term, next));
  });
}

function insertValue(scope: Scope, object: number, path: readonly Term[], value: (next: Next<Operand>) => void): void {
  const [key, ...rest] = path as readonly [Term, ...Term[]];
  planTerm(scope, key, (operand) => {
    if (rest.length > 0) insertValue(scope, childOf(scope, object, operand, "MakeObjectStmt"), rest, value);
    else value((planned) => scope.writer.emit("ObjectInsertOnceStmt", { key: operand, value: planned, object }));
  });
}

function insertMember(scope: Scope, object: number, path: readonly Term[], member: Term): void {
  const [key, ...rest] = path as readonly [Term, ...Term[]];
  planTerm(scope, key, (operand) => {
    if (rest.length > 0) {
      insertMember(scope, childOf(scope, object, operand, "MakeObjectStmt"), rest, member);
      return;
    }
    const set = childOf(scope, object, operand, "MakeSetStmt");
    planTerm(scope, member, (value) => scope.writer.emit("SetAddStmt", { value, set }));
  });
}

/** The object or set below `key`, made when it is not there. Where something else is, making it is a conflict. */
function childOf({ writer }: Scope, object: number, key: Operand, make: "MakeObjectStmt" | "MakeSetStmt"): number {
  const child = writer.local();
  writer.emit("ResetLocalStmt", { target: child });
  const find = writer.block(() => {
    if (make === "MakeObjectStmt") {
      writer.emit("DotStmt", { source: localOperand(object), key, target: child });
      return;
    }
    const found = writer.local();
    writer.emit("DotStmt", { source: localOperand(object), key, target: found });
    writer.emit("IsSetStmt", { source: localOperand(found) });
    writer.emit("AssignVarStmt", { source: localOperand(found), target: child });
  });
  const create = writer.block(() => {
    writer.emit("IsUndefinedStmt", { source: child });
    writer.emit(make, { target: child });
    writer.emit("ObjectInsertOnceStmt", { key, value: localOperand(child), object });
  });
  writer.emit("BlockStmt", { blocks: [find, create] });
  return child;
}
