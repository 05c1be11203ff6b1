import { totalBuiltins } from "../../builtins/total.ts";
import type { Block, Operand, Stmt } from "../ir.ts";
import { blocksOf } from "../statements.ts";
import { Analysis } from "./analysis.ts";
import { groupAtOf } from "./groups.ts";

/** Statements that only make or read values. */
const silent: readonly Stmt["type"][] = [
  "AssignIntStmt",
  "AssignVarStmt",
  "BlockStmt",
  "DotStmt",
  "EqualStmt",
  "IsArrayStmt",
  "IsDefinedStmt",
  "IsObjectStmt",
  "IsSetStmt",
  "IsUndefinedStmt",
  "LenStmt",
  "MakeArrayStmt",
  "MakeNullStmt",
  "MakeNumberIntStmt",
  "MakeNumberRefStmt",
  "MakeObjectStmt",
  "MakeSetStmt",
  "NopStmt",
  "NotEqualStmt",
  "NotStmt",
  "ResetLocalStmt",
  "ScanStmt",
];

/** Statements whose effect on the rest of the function does not depend on which round of a loop they stand in. */
const harmless: ReadonlySet<Stmt["type"]> = new Set([
  ...silent,
  "AssignVarOnceStmt",
  "CallStmt",
  "ObjectInsertOnceStmt",
  "SetAddStmt",
]);

/** The same where some round ends the loop: which rounds there are depends on the order, so that none may fail or leave something. */
const harmlessBeforeExit: ReadonlySet<Stmt["type"]> = new Set(silent);

/**
 * True when a loop gives the same result in whatever order its rounds come: it only adds to sets, to what it makes itself, and constants to
 * arrays and objects of an index; it is left early only with a constant; and nothing outside reads what its last round left in a local.
 */
export function isOrderFree(body: Block, whole: Analysis): boolean {
  return new Loop(body, whole).isOrderFree();
}

class Loop {
  readonly #body: Block;
  readonly #whole: Analysis;
  readonly #inside: Analysis;
  /** Locals that hold the same number, or null, in every round. */
  readonly #constants: ReadonlySet<number>;
  /** Collections that each round makes for itself. */
  readonly #own: ReadonlySet<number>;
  /** Objects of an index, each under its key. */
  readonly #groups: ReadonlySet<number>;

  constructor(body: Block, whole: Analysis) {
    this.#body = body;
    this.#whole = whole;
    this.#inside = new Analysis([body]);
    const only = (local: number) =>
      whole.of(local).defines === 1 && whole.of(local).resets + whole.of(local).once === 0;
    this.#constants = new Set(targets(body, constantMakers).filter(only));
    this.#own = new Set(targets(body, collectionMakers).filter(only));
    this.#groups = new Set(groupTargets(body));
  }

  isOrderFree(): boolean {
    if (!this.#inside.changed.every((local) => this.#isOwn(local))) return false;
    const mayExit = this.#body.stmts.some((stmt) => exits(stmt, 0));
    return this.#body.stmts.every((stmt) => (mayExit ? this.#isFreeBeforeExit(stmt) : this.#isFree(stmt)));
  }

  /** A local that is used nowhere else, or that can only hold one value. */
  #isOwn(local: number): boolean {
    if (this.#inside.total(local) === this.#whole.total(local)) return true;
    return this.#inside.of(local).defines === 0 && this.#inside.of(local).resets === 0;
  }

  #isFree(each: Stmt): boolean {
    const { type, stmt } = each;
    if (type === "BreakStmt") return true;
    if (type === "ArrayAppendStmt") return this.#own.has(stmt.array) || this.#isConstant(stmt.value);
    if (type === "ObjectInsertStmt") return this.#own.has(stmt.object) || this.#isSetInGroup(stmt);
    if (type === "BlockStmt" && groupAtOf(stmt.blocks ?? []) !== undefined) return true;
    return harmless.has(type) && below(each).every((inner) => this.#isFree(inner));
  }

  #isFreeBeforeExit(each: Stmt): boolean {
    const { type, stmt } = each;
    if (type === "BreakStmt") return true;
    if (type === "AssignVarOnceStmt") return this.#isConstant(stmt.source);
    if (type === "ReturnLocalStmt") return this.#isFixed(stmt.source);
    if (type === "ArrayAppendStmt") return this.#own.has(stmt.array);
    if (type === "SetAddStmt") return this.#own.has(stmt.set);
    if (type === "ObjectInsertStmt") return this.#own.has(stmt.object);
    if (type === "CallStmt") return totalBuiltins.has(stmt.func);
    return harmlessBeforeExit.has(type) && below(each).every((inner) => this.#isFreeBeforeExit(inner));
  }

  /** Whichever round writes a key last, it writes the same. */
  #isSetInGroup({ object, value }: { readonly object: number; readonly value: Operand }): boolean {
    return this.#groups.has(object) && this.#isConstant(value);
  }

  #isConstant(operand: Operand): boolean {
    return operand.type !== "local" || this.#constants.has(operand.value);
  }

  /** A local that no round changes, but by assigning a constant once. */
  #isFixed(local: number): boolean {
    const { defines, grows, resets } = this.#inside.of(local);
    return local > 1 && defines + grows + resets === 0;
  }
}

const constantMakers: ReadonlySet<Stmt["type"]> = new Set(["MakeNullStmt", "MakeNumberIntStmt", "MakeNumberRefStmt"]);

const collectionMakers: ReadonlySet<Stmt["type"]> = new Set(["MakeArrayStmt", "MakeObjectStmt", "MakeSetStmt"]);

function targets({ stmts }: Block, types: ReadonlySet<Stmt["type"]>): readonly number[] {
  return stmts.flatMap((each) => {
    if (types.has(each.type)) return [(each.stmt as { readonly target: number }).target];
    return blocksOf(each).flatMap((block) => targets(block, types));
  });
}

function groupTargets({ stmts }: Block): readonly number[] {
  return stmts.flatMap((each) => {
    const group = each.type === "BlockStmt" ? groupAtOf(each.stmt.blocks ?? []) : undefined;
    return group?.kind === "object" ? [group.target] : blocksOf(each).flatMap(groupTargets);
  });
}

/** True when a statement of a round, so many blocks inside it, can end the loop. */
function exits(each: Stmt, depth: number): boolean {
  if (each.type === "ReturnLocalStmt") return true;
  if (each.type === "BreakStmt") return each.stmt.index > depth;
  return below(each).some((inner) => exits(inner, depth + 1));
}

function below(each: Stmt): readonly Stmt[] {
  return blocksOf(each).flatMap(({ stmts }) => stmts);
}
