import type { Operand, Stmt } from "../ir.ts";
import { makesValues } from "../state.ts";
import { inlineOf } from "./inline.ts";
import type { Writer } from "./writer.ts";

type Fields<T extends Stmt["type"]> = Extract<Stmt, { type: T }>["stmt"];

/** A call of a planned function, or of a builtin. */
export function writeCall(writer: Writer, stmt: Fields<"CallStmt">): void {
  const { func, args, result } = stmt;
  const operands = args ?? [];
  const number = writer.context.numbers.get(func);
  if (number !== undefined) writeFunctionCall(writer, number, operands, result);
  else writeBuiltinCall(writer, stmt, operands);
}

function writeFunctionCall(writer: Writer, number: number, operands: readonly Operand[], result: number): void {
  const frame = frameOf(writer, operands);
  if (operands.length === 2) {
    writer.setOrLeave(result, `m${number}(s, ${frame})`);
    return;
  }
  const values = operands.slice(2).map((operand) => writer.operand(operand));
  const name = writer.target(result);
  const { remembered, isOrdered } = writer.context;
  const asked = remembered.has(number) && !isOrdered ? "g" : "f";
  writer.emit(`s.enter(); ${name} = ${asked}${number}(s, ${[frame, ...values].join(", ")}); s.leave();`);
  writer.emit(`if (${name} === undefined) ${writer.leave()}`);
  writer.knowledge.learn(result, {});
}

/** Fast where the operands are of the usual types; else the builtin itself answers, or fails. */
function writeBuiltinCall(writer: Writer, stmt: Fields<"CallStmt">, operands: readonly Operand[]): void {
  const { func, result } = stmt;
  for (const operand of operands) writer.require(operand);
  const values = operands.map((operand) => writer.operand(operand));
  const inline = inlineOf(func, writer, operands);
  if (inline?.when === undefined && inline !== undefined) {
    writer.set(result, inline.value);
    return;
  }
  const name = writer.target(result);
  const place = writer.context.constants.place(stmt);
  const guard = inline === undefined ? "" : `if (${inline.when}) ${name} = ${inline.value}; else `;
  const told = writer.context.builtins.get(func)?.needsPlace === true ? `, s.place(${place})` : "";
  const call = `${builtinName(writer, func)}([${values.join(", ")}], s.query${told})`;
  writer.emit(
    `${guard}try { ${name} = ${call};${makesValues(func) ? ` s.made(${name});` : ""} } catch (e) { ${name} = s.failed(e, ${JSON.stringify(func)}, ${place}); }`,
  );
  writer.emit(`if (${name} === undefined) ${writer.leave()}`);
  writer.knowledge.learn(result, {});
}

function builtinName(writer: Writer, func: string): string {
  const { called } = writer.context;
  const known = called.indexOf(func);
  return `c${known >= 0 ? known : called.push(func) - 1}`;
}

function frameOf(writer: Writer, [input, data]: readonly Operand[]): string {
  const isCurrent = input?.type === "local" && input.value === 0 && data?.type === "local" && data.value === 1;
  if (isCurrent) return writer.frame;
  return `s.frame(${writer.operand(input as Operand)}, ${writer.operand(data as Operand)})`;
}

/** A call by a path that is known at run time only: through a table of the functions that it can name. */
export function writeDynamicCall(writer: Writer, { path, args, result }: Fields<"CallDynamicStmt">): void {
  const operands = args.map((value): Operand => ({ type: "local", value }));
  const table = tableOf(writer, path, args.length);
  const unknown = path.filter(({ type }) => type === "local").map((operand) => writer.operand(operand));
  const key = unknown.join(' + "\\0" + ') || '""';
  const values = operands.slice(2).map((operand) => writer.operand(operand));
  const isKey = unknown.map((each) => `typeof ${each} === "string"`).join(" && ") || "true";
  const name = `t${writer.fresh()}`;
  const invoke = `${name}(s, ${[frameOf(writer, operands), ...values].join(", ")})`;
  writer.emit(`const ${name} = ${isKey} ? ${table}[${key}] : undefined;`);
  writer.emit(`if (${name} === undefined) ${writer.leave()}`);
  if (values.length === 0) writer.setOrLeave(result, invoke);
  else {
    const target = writer.target(result);
    writer.emit(`s.enter(); ${target} = ${invoke}; s.leave(); if (${target} === undefined) ${writer.leave()}`);
    writer.knowledge.learn(result, {});
  }
}

/** All functions that fit the constant parts of a path, by its other parts. */
function tableOf(writer: Writer, path: readonly Operand[], arity: number): string {
  const { functions, constants } = writer.context;
  const fixed = path.map((operand) => writer.stringOf(operand));
  const entries = functions.flatMap(({ path: own, params }, i) => {
    if (own?.length !== path.length || params.length !== arity) return [];
    if (!fixed.every((part, at) => part === undefined || part === own[at])) return [];
    const key = own.filter((_, at) => fixed[at] === undefined).join("\0");
    return [`[${JSON.stringify(key)}]: ${arity === 2 ? "m" : "f"}${i}`];
  });
  return constants.name(`{ __proto__: null, ${entries.join(", ")} }`);
}
