import type { Block, Operand, Stmt } from "../ir.ts";
import { Analysis } from "./analysis.ts";
import type { Writer } from "./writer.ts";

/** Blocks that each hold for one number only, in their order: `block` is left at once when `subject` is another. */
export interface NumberRun {
  readonly subject: number;
  readonly blocks: ReadonlyMap<number, Block>;
}

/** Fewer comparisons are as fast as a jump. */
const minBlocks = 16;

/**
 * The longest run of blocks from a place on that begin with a comparison of the same local with numbers, no two the same: definitions of
 * a function that its argument tells apart. At most one of them holds, so that they are written as one `switch`.
 */
export function numberRunAt(blocks: readonly Block[], start: number, whole: Analysis): NumberRun | undefined {
  const found = new Map<number, Block>();
  let subject: number | undefined;
  for (let at = start; at < blocks.length; at++) {
    const block = blocks[at] as Block;
    const test = testOf(block, whole);
    if (test === undefined || found.has(test.number) || (subject ?? test.subject) !== test.subject) break;
    subject = test.subject;
    found.set(test.number, block);
  }
  return subject === undefined || found.size < minBlocks ? undefined : { subject, blocks: found };
}

/** `target = number; target == subject` at the head of a block. Nothing else may see the target, as it is not always assigned. */
function testOf({ stmts }: Block, whole: Analysis): { subject: number; number: number } | undefined {
  const [make, test] = stmts as readonly (Stmt | undefined)[];
  if (make?.type !== "MakeNumberIntStmt" || test?.type !== "EqualStmt") return undefined;
  const { target, value } = make.stmt;
  const isTarget = (operand: Operand) => operand.type === "local" && operand.value === target;
  const other = isTarget(test.stmt.a) ? test.stmt.b : isTarget(test.stmt.b) ? test.stmt.a : undefined;
  if (other?.type !== "local" || other.value < 2 || other.value === target) return undefined;
  const inside = new Analysis([{ stmts }]);
  if (inside.total(target) !== whole.total(target) || inside.changed.includes(other.value)) return undefined;
  return { subject: other.value, number: value };
}

/** The run as one `switch`; each block still makes its comparison. */
export function writeNumberRun(writer: Writer, { subject, blocks }: NumberRun, write: (block: Block) => void): void {
  writer.emit(`switch ($.keyOf(${writer.local(subject)})) {`);
  for (const [number, block] of blocks) {
    writer.emit(`case ${number}:`);
    writer.knowledge.inside(() => write(block));
    writer.emit("break;");
  }
  writer.emit("}");
}
