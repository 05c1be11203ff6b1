import { localOperand } from "./builder.ts";
import type { Scope } from "./scope.ts";

/** A statement that asks for the kind of a value. */
export type KindStmt = "IsArrayStmt" | "IsObjectStmt" | "IsSetStmt";

/** Fails unless the value is of one of some kinds. */
export function requireKind({ writer }: Scope, source: number, kinds: readonly KindStmt[]): void {
  const blocks = kinds.map((type) =>
    writer.block(() => {
      writer.emit(type, { source: localOperand(source) });
      writer.emit("BreakStmt", { index: 1 });
    }),
  );
  const check = writer.block(() => {
    writer.emit("BlockStmt", { blocks });
    writer.emit("BreakStmt", { index: 1 });
  });
  writer.emit("BlockStmt", { blocks: [check] });
}
