import type { Block, Operand, Stmt } from "../ir.ts";
import { writeCall, writeDynamicCall } from "./calls.ts";
import { type GroupAt, groupAtOf } from "./groups.ts";
import { equalityText, type Fact } from "./knowledge.ts";
import { type Literal, Literals } from "./literals.ts";
import { isPlainName, propertyText } from "./names.ts";
import { writeNot, writeScan, writeWith } from "./nested.ts";
import type { Writer } from "./writer.ts";

type Fields<T extends Stmt["type"]> = Extract<Stmt, { type: T }>["stmt"];

/** Writes the statements of a block; collections that are complete soon as literals. */
export function writeStatements(writer: Writer, stmts: readonly Stmt[]): void {
  const literals = new Literals(stmts, writer.analysis);
  const open = new Map<number, Literal>();
  for (const [at, stmt] of stmts.entries()) {
    const starting = literals.startingAt(at);
    for (const each of starting?.additions ?? []) open.set(each.at, starting as Literal);
    const literal = starting ?? open.get(at);
    if (literal === undefined) writeStatement(writer, stmt);
    else writeMember(writer, literal, at);
  }
}

/** A statement of a literal: a member must be defined where it is added. */
function writeMember(writer: Writer, literal: Literal, at: number): void {
  const addition = literal.additions.find((each) => each.at === at);
  if (addition !== undefined) writer.require(addition.value);
  if (literal.end === at) writeLiteral(writer, literal);
}

export function writeBlock(writer: Writer, block: Block): void {
  writer.labelled(() => writeStatements(writer, block.stmts));
}

function writeStatement(writer: Writer, { type, stmt }: Stmt): void {
  (writers[type] as (writer: Writer, stmt: unknown) => void)(writer, stmt);
}

const writers: { readonly [Type in Stmt["type"]]: (writer: Writer, stmt: Fields<Type>) => void } = {
  ArrayAppendStmt: (w, { array, value }) => {
    w.require(value);
    w.emit(`s.grow(1); ${w.target(array)}.push(${w.operand(value)});`);
  },
  AssignIntStmt: (w, { value, target }) => w.set(target, `(${value})`, { text: `(${value})`, isNumber: true }),
  AssignVarOnceStmt: (w, stmt) => {
    const { source, target } = stmt;
    w.require(source);
    const [name, value] = [w.target(target), w.operand(source)];
    const conflict = `$.once(${name}, ${value}, ${w.isFunction}, ${w.context.constants.place(stmt)})`;
    w.set(target, `${name} === undefined ? ${value} : ${conflict}`);
  },
  AssignVarStmt: (w, { source, target }) => {
    if (source.type === "local" && source.value < 2) {
      w.emit(`${w.target(target)} = ${w.operand(source)};`);
      if (w.fact(source) === undefined) w.knowledge.forget(target);
      else w.knowledge.learn(target, {});
      return;
    }
    w.require(source);
    w.set(target, w.operand(source), w.fact(source) ?? {});
  },
  BlockStmt: (w, { blocks }) => {
    const group = groupAtOf(blocks ?? []);
    if (group !== undefined && w.fact(group.key) !== undefined) writeGroupAt(w, group);
    else for (const block of blocks ?? []) writeBlock(w, block);
  },
  BreakStmt: (w, { index }) => w.emit(w.leave(index)),
  CallDynamicStmt: writeDynamicCall,
  CallStmt: writeCall,
  DotStmt: writeDot,
  EqualStmt: (w, { a, b }) => {
    w.require(a);
    w.require(b);
    w.emit(`if (!(${equality(w, a, b)})) ${w.leave()}`);
  },
  IsArrayStmt: (w, { source }) => w.emit(`if (!Array.isArray(${w.operand(source)})) ${w.leave()}`),
  IsDefinedStmt: (w, { source }) => w.require({ type: "local", value: source }),
  IsObjectStmt: (w, { source }) => w.emit(`if (!$.isObjectOrUndefined(${w.operand(source)})) ${w.leave()}`),
  IsSetStmt: (w, { source }) => w.emit(`if (!$.isSet(${w.operand(source)})) ${w.leave()}`),
  IsUndefinedStmt: (w, { source }) => w.emit(`if (${w.local(source)} !== undefined) ${w.leave()}`),
  LenStmt: (w, { source, target }) => {
    w.require(source);
    w.setOrLeave(target, `$.lengthOf(${w.operand(source)})`);
  },
  MakeArrayStmt: (w, { target }) => w.set(target, "[]"),
  MakeNullStmt: (w, { target }) => w.set(target, "null", { text: "null", isScalar: true }),
  MakeNumberIntStmt: (w, { value, target }) => w.set(target, `(${value})`, { text: `(${value})`, isNumber: true }),
  MakeNumberRefStmt: (w, { Index, target }) => {
    const text = w.context.constants.number(w.context.strings[Index] as string);
    w.set(target, text, { text, isNumber: !text.startsWith("k") });
  },
  MakeObjectStmt: (w, { target }) => w.set(target, "$.createObject()"),
  MakeSetStmt: (w, { target }) => w.set(target, "$.createSet()"),
  NopStmt: () => {},
  NotEqualStmt: (w, { a, b }) => {
    w.require(a);
    w.require(b);
    w.emit(`if (${equality(w, a, b)}) ${w.leave()}`);
  },
  NotStmt: (w, stmt) => writeNot(w, stmt, writeStatements),
  ObjectInsertOnceStmt: (w, stmt) => {
    const { key, value, object } = stmt;
    w.require(key);
    w.require(value);
    const place = w.context.constants.place(stmt);
    w.emit(`s.grow(1); $.insertOnce(${w.target(object)}, ${w.operand(key)}, ${w.operand(value)}, ${place});`);
  },
  ObjectInsertStmt: (w, { key, value, object }) => {
    w.require(key);
    w.require(value);
    w.emit(`s.grow(1); ${w.target(object)}.set(${w.operand(key)}, ${w.operand(value)});`);
  },
  ObjectMergeStmt: (w, { a, b, target }) => {
    w.require({ type: "local", value: a });
    w.require({ type: "local", value: b });
    w.set(target, `$.mergeObjects(${w.local(a)}, ${w.local(b)})`);
  },
  ResetLocalStmt: (w, { target }) => {
    w.emit(`${w.target(target)} = undefined;`);
    w.knowledge.forget(target);
  },
  ResultSetAddStmt: (w, { value }) => {
    w.require({ type: "local", value });
    w.emit(`results.push(${w.local(value)});`);
  },
  ReturnLocalStmt: (w, { source }) => w.emit(`return ${w.local(source)};`),
  ScanStmt: (w, stmt) => writeScan(w, stmt, writeStatements),
  SetAddStmt: (w, { value, set }) => {
    w.require(value);
    w.emit(`s.grow(1); ${w.target(set)}.add(${w.operand(value)});`);
  },
  WithStmt: (w, stmt) => writeWith(w, stmt, writeStatements),
};

const groupMakers = { array: "createArray", set: "createSet", object: "createObject" } as const;

function writeGroupAt(writer: Writer, { kind, object, key, target }: GroupAt): void {
  writer.setOrLeave(target, `$.groupAt(${writer.local(object)}, ${writer.operand(key)}, $.${groupMakers[kind]})`);
}

/** Both operands are defined. */
function equality(writer: Writer, a: Operand, b: Operand): string {
  return equalityText([writer.operand(a), writer.operand(b)], [writer.fact(a), writer.fact(b)]);
}

/** Plain property access first: what it cannot answer are built objects and sets, and names that prototypes hold. */
function writeDot(writer: Writer, { source, key, target, isBase }: Fields<"DotStmt">): void {
  const from = writer.operand(source);
  if (isBase === true) {
    writer.setOrLeave(target, `$.dotBase(${from}, ${writer.operand(key)})`);
    return;
  }
  const name = writer.stringOf(key);
  if (name === undefined || !isPlainName(name) || source.type !== "local") {
    writer.setOrLeave(target, `$.dot(${from}, ${writer.operand(key)})`);
    return;
  }
  // A name of its own for the source: it may be the target, too.
  const id = `t${writer.fresh()}`;
  const text = JSON.stringify(name);
  const result = writer.target(target);
  writer.emit(
    `const ${id} = ${from}; if ((${result} = ${id}?.[${text}]) === undefined && (${result} = $.built(${id}, ${text})) === undefined) ${writer.leave()}`,
  );
  writer.knowledge.learn(target, {});
}

/** Constant collections up to this size are compared member by member. */
const fewMembers = 8;

/** All members are defined. Constants are made once, and frozen: results may share them. */
function writeLiteral(writer: Writer, { kind, local, additions }: Literal): void {
  const { constants } = writer.context;
  const text = literalText(writer, kind, additions);
  const facts = additions.map(({ value }) => writer.fact(value));
  if (facts.some((fact) => fact?.text === undefined)) {
    writer.set(local, text);
    return;
  }
  const name = constants.name(kind === "set" ? text : `Object.freeze(${text})`);
  const areFew =
    additions.length > 0 &&
    additions.length <= fewMembers &&
    facts.every((fact) => fact?.isScalar === true || fact?.isNumber === true);
  const members = areFew && kind !== "object" ? { members: facts as readonly Fact[] } : {};
  writer.set(local, name, { text: name, ...members });
}

function literalText(writer: Writer, kind: Literal["kind"], additions: Literal["additions"]): string {
  const values = additions.map(({ value }) => writer.operand(value));
  if (kind === "array") return `[${values.join(", ")}]`;
  if (kind === "set") return `$.setOf([${values.join(", ")}])`;
  // The last value of a key counts, as it does in JavaScript.
  const properties = additions.map(({ key }, i) =>
    propertyText(writer.stringOf(key as Operand) as string, values[i] as string),
  );
  return `{ ${properties.join(", ")} }`;
}
