import type { Block, Stmt } from "../ir.ts";
import { blocksOf } from "../statements.ts";
import { Analysis } from "./analysis.ts";

/** Statements whose effect on the rest of the function does not depend on which round of a loop they stand in. */
const harmless: ReadonlySet<Stmt["type"]> = new Set([
  "AssignIntStmt",
  "AssignVarOnceStmt",
  "AssignVarStmt",
  "BlockStmt",
  "CallStmt",
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
  "ObjectInsertOnceStmt",
  "ResetLocalStmt",
  "ScanStmt",
  "SetAddStmt",
]);

/**
 * True when a loop gives the same result in whatever order its rounds come: it only adds to sets and to what it makes itself, leaves by no
 * break, and nothing outside reads what its last round left in a local.
 */
export function isOrderFree(body: Block, whole: Analysis): boolean {
  const inside = new Analysis([body]);
  if (!inside.changed.every((local) => isOwn(local, inside, whole))) return false;
  return body.stmts.every((stmt) => isFree(stmt, 0, inside));
}

/** A local that is used nowhere else, or that can only hold one value. */
function isOwn(local: number, inside: Analysis, whole: Analysis): boolean {
  if (inside.total(local) === whole.total(local)) return true;
  return inside.of(local).defines === 0 && inside.of(local).resets === 0;
}

function isFree(each: Stmt, depth: number, inside: Analysis): boolean {
  const { type, stmt } = each;
  if (type === "BreakStmt") return stmt.index <= depth;
  if (type === "ArrayAppendStmt") return inside.of(stmt.array).defines > 0;
  if (type === "ObjectInsertStmt") return inside.of(stmt.object).defines > 0;
  if (!harmless.has(type)) return false;
  return blocksOf(each).every((block) => block.stmts.every((inner) => isFree(inner, depth + 1, inside)));
}
