import type { Block, Func, Operand, Policy, Stmt } from "./ir.ts";

/**
 * Writes a policy as one JavaScript text: a function per IR function, a labelled block per IR block, so that every way of leaving a
 * block is a `break`. Locals are `v2`, `v3`, …; `v0` and `v1` are read from the frame `f`.
 */
export function writePolicy(policy: Policy): string {
  const functions = policy.funcs.funcs ?? [];
  const numbers = new Map(functions.map((func, i) => [func.name, i]));
  const strings = policy.static.strings.map(({ value }) => value);
  const context: Context = { numbers, functions, strings, tables: new Map() };
  const bodies = functions.map((func, i) => new FunctionWriter(context, func).write(`f${i}`));
  const plans = policy.plans.plans.map(
    (plan) => `${JSON.stringify(plan.name)}: ${new FunctionWriter(context, undefined).writePlan(plan.blocks)}`,
  );
  return `"use strict";
${bodies.join("\n")}
${[...context.tables].map(([table, name]) => `const ${name} = ${table};`).join("\n")}
const plans = { __proto__: null, ${plans.join(",\n")} };
return (plan, input, data, s) => plans[plan](s, s.frame(input, data));`;
}

interface Context {
  readonly numbers: ReadonlyMap<string, number>;
  readonly functions: readonly Func[];
  readonly strings: readonly string[];
  /** Tables of functions by path, for dynamic calls: the text of each, and its name. */
  readonly tables: Map<string, string>;
}

/** Property names that prototypes of our values hold: these are read through `dot`. */
const inherited = new Set(
  [Object.prototype, Array.prototype, String.prototype, Number.prototype, Boolean.prototype, BigInt.prototype].flatMap(
    (prototype) => Object.getOwnPropertyNames(prototype),
  ),
);
for (const name of [
  "size",
  "add",
  "has",
  "get",
  "set",
  "values",
  "entries",
  "sorted",
  "canonical",
  "coefficient",
  "exponent",
  "of",
])
  inherited.add(name);

class FunctionWriter {
  readonly #context: Context;
  readonly #func: Func | undefined;
  readonly #lines: string[] = [];
  readonly #locals = new Set<number>();
  readonly #params = new Set<number>();
  /** Names of the blocks around, innermost last. */
  readonly #labels: string[] = [];
  /** Locals 0 and 1 change inside `with`: names of the frame around. */
  #frame = "f";
  #next = 0;

  constructor(context: Context, func: Func | undefined) {
    this.#context = context;
    this.#func = func;
  }

  write(name: string): string {
    const func = this.#func as Func;
    const params = func.params.slice(2);
    for (const param of params) this.#params.add(param);
    for (const block of func.blocks) this.#block(block);
    const args = ["s", "f", ...params.map((param) => `v${param}`)].join(", ");
    return `function ${name}(${args}) {\n${this.#declarations()}${this.#lines.join("\n")}\n}`;
  }

  writePlan(blocks: readonly Block[]): string {
    for (const block of blocks) this.#block(block);
    return `(s, f) => {\nconst results = [];\n${this.#declarations()}${this.#lines.join("\n")}\nreturn results;\n}`;
  }

  #declarations(): string {
    const names = [...this.#locals].filter((local) => !this.#params.has(local)).map((local) => `v${local}`);
    return names.length === 0 ? "" : `let ${names.join(", ")};\n`;
  }

  #emit(line: string): void {
    this.#lines.push(line);
  }

  #block(block: Block): void {
    const label = `b${this.#next++}`;
    this.#labels.push(label);
    this.#emit(`${label}: {`);
    for (const stmt of block.stmts) this.#statement(stmt);
    this.#emit("}");
    this.#labels.pop();
  }

  /** Leaves the block, as an undefined statement does. */
  get #out(): string {
    return `break ${this.#labels.at(-1)};`;
  }

  #target(local: number): string {
    this.#locals.add(local);
    return `v${local}`;
  }

  #local(local: number): string {
    if (local === 0) return `${this.#frame}.input`;
    if (local === 1) return `${this.#frame}.data`;
    return this.#target(local);
  }

  #operand(operand: Operand): string {
    if (operand.type === "local") return this.#local(operand.value);
    return operand.type === "bool" ? String(operand.value) : JSON.stringify(this.#context.strings[operand.value]);
  }

  /** Emits `target = expression`, leaving the block when that is undefined. */
  #assign(target: number, expression: string): void {
    const name = this.#target(target);
    this.#emit(`${name} = ${expression}; if (${name} === undefined) ${this.#out}`);
  }

  #statement({ type, stmt }: Stmt): void {
    (writers[type] as (writer: FunctionWriter, stmt: unknown) => void)(this, stmt);
  }

  static readonly writers = {
    ArrayAppendStmt: (w: FunctionWriter, { array, value }: Fields<"ArrayAppendStmt">) => {
      w.#requireDefined(value);
      w.#emit(`${w.#target(array)}.push(${w.#operand(value)});`);
    },
    AssignIntStmt: (w: FunctionWriter, { value, target }: Fields<"AssignIntStmt">) =>
      w.#emit(`${w.#target(target)} = ${value};`),
    AssignVarOnceStmt: (w: FunctionWriter, { source, target, row, file }: Fields<"AssignVarOnceStmt">) => {
      w.#requireDefined(source);
      const name = w.#target(target);
      w.#emit(
        `${name} = $.once(${name}, ${w.#operand(source)}, ${(w.#func?.params.length ?? 0) > 2}, ${row ?? 0}, ${file ?? 0});`,
      );
    },
    AssignVarStmt: (w: FunctionWriter, { source, target }: Fields<"AssignVarStmt">) => {
      if (source.type === "local" && source.value < 2) w.#emit(`${w.#target(target)} = ${w.#operand(source)};`);
      else w.#assign(target, w.#operand(source));
    },
    BlockStmt: (w: FunctionWriter, { blocks }: Fields<"BlockStmt">) => {
      for (const block of blocks ?? []) w.#block(block);
    },
    BreakStmt: (w: FunctionWriter, { index }: Fields<"BreakStmt">) => w.#emit(`break ${w.#labels.at(-1 - index)};`),
    CallDynamicStmt: (w: FunctionWriter, stmt: Fields<"CallDynamicStmt">) => w.#callDynamic(stmt),
    CallStmt: (w: FunctionWriter, stmt: Fields<"CallStmt">) => w.#call(stmt),
    DotStmt: (w: FunctionWriter, stmt: Fields<"DotStmt">) => w.#dot(stmt),
    EqualStmt: (w: FunctionWriter, { a, b }: Fields<"EqualStmt">) => w.#emit(`if (!(${w.#equality(a, b)})) ${w.#out}`),
    IsArrayStmt: (w: FunctionWriter, { source }: Fields<"IsArrayStmt">) =>
      w.#emit(`if (!Array.isArray(${w.#operand(source)})) ${w.#out}`),
    IsDefinedStmt: (w: FunctionWriter, { source }: Fields<"IsDefinedStmt">) =>
      w.#emit(`if (${w.#local(source)} === undefined) ${w.#out}`),
    IsObjectStmt: (w: FunctionWriter, { source }: Fields<"IsObjectStmt">) =>
      w.#emit(`if (!$.isObjectOrUndefined(${w.#operand(source)})) ${w.#out}`),
    IsSetStmt: (w: FunctionWriter, { source }: Fields<"IsSetStmt">) =>
      w.#emit(`if (!$.isSet(${w.#operand(source)})) ${w.#out}`),
    IsUndefinedStmt: (w: FunctionWriter, { source }: Fields<"IsUndefinedStmt">) =>
      w.#emit(`if (${w.#local(source)} !== undefined) ${w.#out}`),
    LenStmt: (w: FunctionWriter, { source, target }: Fields<"LenStmt">) => {
      w.#requireDefined(source);
      w.#assign(target, `$.lengthOf(${w.#operand(source)})`);
    },
    MakeArrayStmt: (w: FunctionWriter, { target }: Fields<"MakeArrayStmt">) => w.#emit(`${w.#target(target)} = [];`),
    MakeNullStmt: (w: FunctionWriter, { target }: Fields<"MakeNullStmt">) => w.#emit(`${w.#target(target)} = null;`),
    MakeNumberIntStmt: (w: FunctionWriter, { value, target }: Fields<"MakeNumberIntStmt">) =>
      w.#emit(`${w.#target(target)} = ${value};`),
    MakeNumberRefStmt: (w: FunctionWriter, { Index, target }: Fields<"MakeNumberRefStmt">) =>
      w.#assign(target, `$.numberOf(${JSON.stringify(w.#context.strings[Index])})`),
    MakeObjectStmt: (w: FunctionWriter, { target }: Fields<"MakeObjectStmt">) =>
      w.#emit(`${w.#target(target)} = $.createObject();`),
    MakeSetStmt: (w: FunctionWriter, { target }: Fields<"MakeSetStmt">) =>
      w.#emit(`${w.#target(target)} = $.createSet();`),
    NopStmt: () => {},
    NotEqualStmt: (w: FunctionWriter, { a, b }: Fields<"NotEqualStmt">) => {
      w.#requireDefined(a);
      w.#requireDefined(b);
      w.#emit(`if (${w.#equality(a, b)}) ${w.#out}`);
    },
    NotStmt: (w: FunctionWriter, { block }: Fields<"NotStmt">) => w.#not(block),
    ObjectInsertOnceStmt: (w: FunctionWriter, { key, value, object, row, file }: Fields<"ObjectInsertOnceStmt">) => {
      w.#requireDefined(key);
      w.#requireDefined(value);
      w.#emit(
        `$.insertOnce(${w.#target(object)}, ${w.#operand(key)}, ${w.#operand(value)}, $.place(${row ?? 0}, ${file ?? 0}));`,
      );
    },
    ObjectInsertStmt: (w: FunctionWriter, { key, value, object }: Fields<"ObjectInsertStmt">) => {
      w.#requireDefined(key);
      w.#requireDefined(value);
      w.#emit(`${w.#target(object)}.set(${w.#operand(key)}, ${w.#operand(value)});`);
    },
    ObjectMergeStmt: (w: FunctionWriter, { a, b, target }: Fields<"ObjectMergeStmt">) => {
      w.#emit(`if (${w.#local(a)} === undefined || ${w.#local(b)} === undefined) ${w.#out}`);
      w.#emit(`${w.#target(target)} = $.mergeObjects(${w.#local(a)}, ${w.#local(b)});`);
    },
    ResetLocalStmt: (w: FunctionWriter, { target }: Fields<"ResetLocalStmt">) =>
      w.#emit(`${w.#target(target)} = undefined;`),
    ResultSetAddStmt: (w: FunctionWriter, { value }: Fields<"ResultSetAddStmt">) =>
      w.#emit(`results.push(${w.#local(value)});`),
    ReturnLocalStmt: (w: FunctionWriter, { source }: Fields<"ReturnLocalStmt">) =>
      w.#emit(`return ${w.#local(source)};`),
    ScanStmt: (w: FunctionWriter, stmt: Fields<"ScanStmt">) => w.#scan(stmt),
    SetAddStmt: (w: FunctionWriter, { value, set }: Fields<"SetAddStmt">) => {
      w.#requireDefined(value);
      w.#emit(`${w.#target(set)}.add(${w.#operand(value)});`);
    },
    WithStmt: (w: FunctionWriter, stmt: Fields<"WithStmt">) => w.#with(stmt),
  };

  /** Only input and data can be undefined where a plan reads them, and locals that a plan resets. */
  #requireDefined(operand: Operand): void {
    if (operand.type === "local") this.#emit(`if (${this.#operand(operand)} === undefined) ${this.#out}`);
  }

  #equality(a: Operand, b: Operand): string {
    const [left, right] = [this.#operand(a), this.#operand(b)];
    if (a.type !== "local" || b.type !== "local") return `${left} === ${right}`;
    return `${left} === ${right} ? ${left} !== undefined : ${left} !== undefined && ${right} !== undefined && $.equal(${left}, ${right})`;
  }

  #dot({ source, key, target }: Fields<"DotStmt">): void {
    const from = this.#operand(source);
    const name = this.#target(target);
    const constant = key.type === "string_index" ? (this.#context.strings[key.value] as string) : undefined;
    if (constant === undefined || inherited.has(constant) || /^\d/.test(constant) || source.type !== "local") {
      this.#assign(target, `$.dot(${from}, ${this.#operand(key)})`);
      return;
    }
    // The read into a temporary first: source and target may be the same local.
    const text = JSON.stringify(constant);
    this.#emit(
      `{ const t = ${from}; ${name} = t?.[${text}]; if (${name} === undefined && (${name} = $.dot(t, ${text})) === undefined) ${this.#out} }`,
    );
  }

  #not(block: Block): void {
    const flag = `n${this.#next++}`;
    this.#emit(`let ${flag} = false;`);
    const label = `b${this.#next++}`;
    this.#labels.push(label);
    this.#emit(`${label}: {`);
    for (const stmt of block.stmts) this.#statement(stmt);
    this.#emit(`${flag} = true; }`);
    this.#labels.pop();
    this.#emit(`if (${flag}) ${this.#out}`);
  }

  #scan({ source, key, value, block }: Fields<"ScanStmt">): void {
    const id = this.#next++;
    const from = this.#local(source);
    this.#emit(`const c${id} = $.scanValues(${from}); if (c${id} === undefined) ${this.#out}`);
    this.#emit(`const k${id} = $.scanKeys(${from});`);
    this.#emit(`for (let i${id} = 0; i${id} < c${id}.length; i${id}++) {`);
    this.#emit(
      `s.step(); ${this.#target(key)} = k${id} === undefined ? i${id} : k${id}[i${id}]; ${this.#target(value)} = c${id}[i${id}];`,
    );
    this.#block(block);
    this.#emit("}");
  }

  #with({ local, path, value, block }: Fields<"WithStmt">): void {
    const frame = `f${this.#next++}w`;
    const keys = (path ?? []).map((index) => this.#context.strings[index] as string);
    const replacement = this.#operand(value);
    const document =
      keys.length === 0 ? replacement : `$.overlay(${this.#local(local)}, ${JSON.stringify(keys)}, ${replacement})`;
    const args = local === 0 ? `${document}, ${this.#local(1)}` : `${this.#local(0)}, ${document}`;
    const ended = `n${this.#next++}`;
    this.#emit(`let ${ended} = false; { const ${frame} = s.frame(${args});`);
    const outer = this.#frame;
    this.#frame = frame;
    const label = `b${this.#next++}`;
    this.#labels.push(label);
    this.#emit(`${label}: {`);
    for (const stmt of block.stmts) this.#statement(stmt);
    this.#emit(`${ended} = true; }`);
    this.#labels.pop();
    this.#frame = outer;
    this.#emit(`} if (!${ended}) ${this.#out}`);
  }

  #call({ func, args, result, row, file }: Fields<"CallStmt">): void {
    const operands = args ?? [];
    const number = this.#context.numbers.get(func);
    if (number !== undefined) {
      this.#callFunction(number, operands, result);
      return;
    }
    for (const operand of operands) this.#requireDefined(operand);
    const values = operands.map((operand) => this.#operand(operand)).join(", ");
    this.#assign(result, `s.call(${JSON.stringify(func)}, [${values}], $.place(${row ?? 0}, ${file ?? 0}))`);
  }

  #callFunction(number: number, operands: readonly Operand[], result: number): void {
    const frame = this.#frameOf(operands);
    if (operands.length === 2) {
      this.#assign(result, `$.memo(s, ${frame}, ${number}, f${number})`);
      return;
    }
    const values = operands.slice(2).map((operand) => this.#operand(operand));
    const name = this.#target(result);
    this.#emit(
      `s.enter(); ${name} = f${number}(s, ${[frame, ...values].join(", ")}); s.leave(); if (${name} === undefined) ${this.#out}`,
    );
  }

  #frameOf([input, data]: readonly Operand[]): string {
    const isCurrent = input?.type === "local" && input.value === 0 && data?.type === "local" && data.value === 1;
    return isCurrent ? this.#frame : `s.frame(${this.#operand(input as Operand)}, ${this.#operand(data as Operand)})`;
  }

  #callDynamic({ path, args, result }: Fields<"CallDynamicStmt">): void {
    const operands = args.map((value): Operand => ({ type: "local", value }));
    const table = this.#tableOf(path, args.length);
    const unknown = path.filter(({ type }) => type === "local").map((operand) => this.#operand(operand));
    const key = unknown.join(' + "\\0" + ') || '""';
    const frame = this.#frameOf(operands);
    const values = operands.slice(2).map((operand) => this.#operand(operand));
    const invoke =
      values.length === 0 ? `$.memo(s, ${frame}, t[0], t[1])` : `t[1](s, ${[frame, ...values].join(", ")})`;
    const isKey = unknown.map((each) => `typeof ${each} === "string"`).join(" && ") || "true";
    this.#emit(
      `{ const t = ${isKey} ? ${table}[${key}] : undefined; ${this.#target(result)} = t === undefined ? undefined : ${invoke}; }`,
    );
    this.#emit(`if (${this.#target(result)} === undefined) ${this.#out}`);
  }

  /** The name of the table of all functions that fit the constant parts of a path, by its other parts. */
  #tableOf(path: readonly Operand[], arity: number): string {
    const { functions, strings, tables } = this.#context;
    const constants = path.map(({ type, value }) => (type === "string_index" ? strings[value as number] : undefined));
    const entries = functions.flatMap((func, i) => {
      const { path: own, params } = func;
      if (own?.length !== path.length || params.length !== arity) return [];
      if (!constants.every((part, at) => part === undefined || part === own[at])) return [];
      const key = own.filter((_, at) => constants[at] === undefined).join("\0");
      return [`${JSON.stringify(key)}: [${i}, f${i}]`];
    });
    const text = `{ __proto__: null, ${entries.join(", ")} }`;
    const name = tables.get(text) ?? `t${tables.size}`;
    tables.set(text, name);
    return name;
  }
}

type Fields<T extends Stmt["type"]> = Extract<Stmt, { type: T }>["stmt"];

const writers = FunctionWriter.writers;
