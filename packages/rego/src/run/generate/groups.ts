import type { Block, Operand, Stmt } from "../ir.ts";

/** Two blocks that find the collection under a key of an object, or put an empty one there. */
export interface GroupAt {
  readonly kind: "array" | "set" | "object";
  readonly object: number;
  readonly key: Operand;
  readonly target: number;
}

const makers = { MakeArrayStmt: "array", MakeSetStmt: "set", MakeObjectStmt: "object" } as const;

/** Finds `target = object[key]`, else `target = []; object[key] = target`: how the index of a comprehension gathers its values. */
export function groupAtOf(blocks: readonly Block[]): GroupAt | undefined {
  const [find, make] = blocks;
  if (blocks.length !== 2 || find?.stmts.length !== 1 || make?.stmts.length !== 3) return undefined;
  const [dot] = find.stmts;
  const [test, empty, insert] = make.stmts as readonly [Stmt, Stmt, Stmt];
  if (dot?.type !== "DotStmt" || dot.stmt.source.type !== "local") return undefined;
  const { key, target } = dot.stmt;
  const object = dot.stmt.source.value;
  if (empty.type !== "MakeArrayStmt" && empty.type !== "MakeSetStmt" && empty.type !== "MakeObjectStmt")
    return undefined;
  const isMade =
    test.type === "IsUndefinedStmt" &&
    test.stmt.source === target &&
    empty.stmt.target === target &&
    insert.type === "ObjectInsertStmt" &&
    insert.stmt.object === object &&
    isSame(insert.stmt.key, key) &&
    isSame(insert.stmt.value, { type: "local", value: target });
  return isMade ? { kind: makers[empty.type], object, key, target } : undefined;
}

function isSame(a: Operand, b: Operand): boolean {
  return a.type === b.type && a.value === b.value;
}
