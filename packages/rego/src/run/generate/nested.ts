import type { Narrowed, Stmt } from "../ir.ts";
import { Analysis } from "./analysis.ts";
import { isOrderFree } from "./order.ts";
import type { Writer } from "./writer.ts";

type Fields<T extends Stmt["type"]> = Extract<Stmt, { type: T }>["stmt"];

/** Writes the statements of an inner block. */
type WriteStatements = (writer: Writer, stmts: readonly Stmt[]) => void;

/** Holds when its block is left before its end. */
export function writeNot(writer: Writer, { block }: Fields<"NotStmt">, write: WriteStatements): void {
  const flag = `n${writer.fresh()}`;
  writer.emit(`let ${flag} = false;`);
  writer.labelled(() => {
    write(writer, block.stmts);
    writer.emit(`${flag} = true;`);
  });
  writer.emit(`if (${flag}) ${writer.leave()}`);
}

/** Arrays by index; of other collections the keys first, sorted where their order can be seen. */
export function writeScan(
  writer: Writer,
  { source, key, value, block, narrowed }: Fields<"ScanStmt">,
  write: WriteStatements,
): void {
  const id = writer.fresh();
  const from = writer.local(source);
  const isFree = !writer.context.isOrdered && isOrderFree(block, writer.analysis);
  const keys = isFree ? `s.isStrict ? s.scanKeys(a${id}) : $.keysOf(a${id})` : `s.scanKeys(a${id})`;
  writer.emit(`let a${id} = ${from}, y${id};`);
  if (narrowed !== undefined) writeNarrowing(writer, narrowed, id);
  writer.emit(`if (y${id} === undefined && !Array.isArray(a${id})) {`);
  writer.emit(`y${id} = ${keys}; if (y${id} === undefined) ${writer.leave()}`);
  writer.emit(`a${id} = $.valuesAt(a${id}, y${id}); }`);
  writer.emit(`for (let i${id} = 0; i${id} < a${id}.length; i${id}++) {`);
  const isKeyRead = writer.analysis.of(key).reads > 0;
  const keyText = isKeyRead ? `${writer.target(key)} = y${id} === undefined ? i${id} : y${id}[i${id}]; ` : "";
  writer.emit(`s.step(); ${keyText}${writer.target(value)} = a${id}[i${id}];`);
  if (narrowed !== undefined)
    writer.emit(`const ${bindingsName(narrowed.join, narrowed.level + 1)} = h${id} && h${id}.bindings[i${id}];`);
  writer.labelled(() => {
    for (const local of [key, value]) writer.knowledge.learn(local, {});
    write(writer, block.stmts);
  }, [key, value, ...new Analysis([block]).changed]);
  writer.emit("}");
  for (const local of [key, value]) writer.knowledge.forget(local);
}

/** The keys and values of the rounds that matter, where an index knows them. */
function writeNarrowing(writer: Writer, { join, level, value, isAny }: Narrowed, id: number): void {
  const name = bindingsName(join, level);
  if (value !== undefined) {
    const text = `${writer.operand(value)}${isAny === true ? ", true" : ""}`;
    writer.emit(`const ${name} = s.candidates(${join}, a${id}, ${text});`);
  }
  writer.emit(`const h${id} = ${name} && $.groupsOf(${name}, ${level});`);
  writer.emit(`if (h${id} !== undefined) { y${id} = h${id}.keys; a${id} = $.valuesAt(a${id}, y${id}); }`);
}

/** The bindings that begin with the keys of so many loops of a join. */
function bindingsName(join: number, level: number): string {
  return `j${join}_${level}`;
}

/** Calls inside see the frame of the other documents. */
export function writeWith(writer: Writer, stmt: Fields<"WithStmt">, write: WriteStatements): void {
  const { local, path, value, block } = stmt;
  if (stmt.isBad === true) {
    writer.emit(`throw $.badPath(${writer.context.constants.place(stmt)});`);
    return;
  }
  const frame = `f${writer.fresh()}w`;
  const keys = (path ?? []).map((index) => writer.context.strings[index] as string);
  const replacement = writer.operand(value);
  const document =
    keys.length === 0
      ? replacement
      : `$.${local === 1 ? "overlayData" : "overlay"}(${writer.local(local)}, ${JSON.stringify(keys)}, ${replacement})`;
  const args = local === 0 ? `${document}, ${writer.local(1)}` : `${writer.local(0)}, ${document}`;
  const ended = `n${writer.fresh()}`;
  writer.emit(`let ${ended} = false; const ${frame} = s.frame(${args});`);
  const outer = writer.frame;
  writer.frame = frame;
  writer.labelled(() => {
    write(writer, block.stmts);
    writer.emit(`${ended} = true;`);
  }, [0, 1]);
  writer.frame = outer;
  writer.emit(`if (!${ended}) ${writer.leave()}`);
}
