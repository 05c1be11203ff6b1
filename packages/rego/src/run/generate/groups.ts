import type { Block, Operand, Stmt } from "../ir.ts";

/** Two blocks that find the array under a key of an object, or put an empty one there. */
export interface ListAt {
  readonly object: number;
  readonly key: Operand;
  readonly target: number;
}

/** Finds `target = object[key]`, else `target = []; object[key] = target`: how the index of a comprehension gathers its values. */
export function listAtOf(blocks: readonly Block[]): ListAt | undefined {
  const [find, make] = blocks;
  if (blocks.length !== 2 || find?.stmts.length !== 1 || make?.stmts.length !== 3) return undefined;
  const [dot] = find.stmts;
  const [test, array, insert] = make.stmts as readonly [Stmt, Stmt, Stmt];
  if (dot?.type !== "DotStmt" || dot.stmt.source.type !== "local") return undefined;
  const { key, target } = dot.stmt;
  const object = dot.stmt.source.value;
  const isMade =
    test.type === "IsUndefinedStmt" &&
    test.stmt.source === target &&
    array.type === "MakeArrayStmt" &&
    array.stmt.target === target &&
    insert.type === "ObjectInsertStmt" &&
    insert.stmt.object === object &&
    isSame(insert.stmt.key, key) &&
    isSame(insert.stmt.value, { type: "local", value: target });
  return isMade ? { object, key, target } : undefined;
}

function isSame(a: Operand, b: Operand): boolean {
  return a.type === b.type && a.value === b.value;
}
