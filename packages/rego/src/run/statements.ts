import type { Block, Operand, Stmt } from "./ir.ts";

/** What a statement does with one of its locals: `grows` adds to a collection, `once` assigns what must stay the same. */
export type Use = "defines" | "grows" | "once" | "reads" | "resets";

/** What may stand in a statement's field. */
export type Field = Use | "block" | "blocks" | "int" | "locals" | "operand" | "operands" | "string" | "text" | "texts";

/** Statements and their fields as OPA's `plan.schema.json` names them, but for file, row and col, which all have. */
export const statementFields: { readonly [Type in Stmt["type"]]: { readonly [field: string]: Field } } = {
  ArrayAppendStmt: { array: "grows", value: "operand" },
  AssignIntStmt: { value: "int", target: "defines" },
  AssignVarOnceStmt: { source: "operand", target: "once" },
  AssignVarStmt: { source: "operand", target: "defines" },
  BlockStmt: { blocks: "blocks" },
  BreakStmt: { index: "int" },
  CallDynamicStmt: { path: "operands", args: "locals", result: "defines" },
  CallStmt: { func: "string", args: "operands", result: "defines" },
  DotStmt: { source: "operand", key: "operand", target: "defines" },
  EqualStmt: { a: "operand", b: "operand" },
  IsArrayStmt: { source: "operand" },
  IsDefinedStmt: { source: "reads" },
  IsObjectStmt: { source: "operand" },
  IsSetStmt: { source: "operand" },
  IsUndefinedStmt: { source: "reads" },
  LenStmt: { source: "operand", target: "defines" },
  MakeArrayStmt: { capacity: "int", target: "defines" },
  MakeNullStmt: { target: "defines" },
  MakeNumberIntStmt: { value: "int", target: "defines" },
  MakeNumberRefStmt: { Index: "text", target: "defines" },
  MakeObjectStmt: { target: "defines" },
  MakeSetStmt: { target: "defines" },
  NopStmt: {},
  NotEqualStmt: { a: "operand", b: "operand" },
  NotStmt: { block: "block" },
  ObjectInsertOnceStmt: { key: "operand", value: "operand", object: "grows" },
  ObjectInsertStmt: { key: "operand", value: "operand", object: "grows" },
  ObjectMergeStmt: { a: "reads", b: "reads", target: "defines" },
  ResetLocalStmt: { target: "resets" },
  ResultSetAddStmt: { value: "reads" },
  ReturnLocalStmt: { source: "reads" },
  ScanStmt: { source: "reads", key: "defines", value: "defines", block: "block" },
  SetAddStmt: { value: "operand", set: "grows" },
  WithStmt: { local: "reads", path: "texts", value: "operand", block: "block" },
};

const fieldsOf = new Map(Object.entries(statementFields).map(([type, fields]) => [type, Object.entries(fields)]));

/** The blocks directly inside a statement. */
export function blocksOf({ type, stmt }: Stmt): readonly Block[] {
  if (type === "BlockStmt") return stmt.blocks ?? [];
  return type === "NotStmt" || type === "ScanStmt" || type === "WithStmt" ? [stmt.block] : [];
}

/** Visits every local that a statement and the blocks inside it use. */
export function forEachLocal(statement: Stmt, visit: (local: number, use: Use) => void): void {
  const stmt = statement.stmt as unknown as { readonly [field: string]: unknown };
  for (const [name, field] of fieldsOf.get(statement.type) ?? []) {
    const value = stmt[name];
    if (field === "operand") visitOperand(value as Operand, visit);
    else if (field === "operands")
      for (const each of (value as readonly Operand[] | null) ?? []) visitOperand(each, visit);
    else if (field === "locals") for (const each of (value as readonly number[] | null) ?? []) visit(each, "reads");
    else if (isUse(field)) visit(value as number, field);
  }
  if (statement.type === "ScanStmt" && statement.stmt.narrowed?.value)
    visitOperand(statement.stmt.narrowed.value, visit);
  for (const block of blocksOf(statement)) for (const each of block.stmts) forEachLocal(each, visit);
}

function visitOperand(operand: Operand, visit: (local: number, use: Use) => void): void {
  if (operand.type === "local") visit(operand.value, "reads");
}

export function isUse(field: Field): field is Use {
  return field === "defines" || field === "grows" || field === "once" || field === "reads" || field === "resets";
}
