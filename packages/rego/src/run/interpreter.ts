import { type Binding, groupsOf } from "../data/join-index.ts";
import { isObject, lookup } from "../value/access.ts";
import { lookupBase } from "../value/base-path.ts";
import { equal, RegoObject, RegoSet } from "../value/collection.ts";
import { numberFromText } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { EvaluationError } from "./errors.ts";
import type { Block, Func, JoinCall, Narrowed, Operand, Policy, Stmt } from "./ir.ts";
import {
  badPath,
  insertOnce,
  lengthOf,
  mergeObjects,
  overlay,
  overlayData,
  scanKeys,
  valueConflict,
  valuesAt,
} from "./runtime.ts";
import { none, type RunState } from "./state.ts";

/** How a statement or block ended: normally, undefined, returned, or by leaving that many blocks. */
type Ending = number;
const done: Ending = -1;
const undefinedHere: Ending = -2;
const returned: Ending = -3;

/** Runs plans statement by statement: the truth that the JavaScript generator must agree with. */
export class Interpreter {
  readonly #policy: Policy;
  readonly #functions: ReadonlyMap<string, { readonly func: Func; readonly number: number }>;
  readonly #byPath: ReadonlyMap<string, string>;
  readonly #strings: readonly string[];

  constructor(policy: Policy) {
    this.#policy = policy;
    const { funcs } = policy.funcs ?? { funcs: [] };
    this.#functions = new Map((funcs ?? []).map((func, number) => [func.name, { func, number }]));
    this.#byPath = new Map((funcs ?? []).map((func) => [(func.path ?? []).join("\0"), func.name]));
    this.#strings = (policy.static?.strings ?? []).map(({ value }) => value);
  }

  /** All results of a plan. Throws `EvaluationError`. */
  run(plan: string, input: Value | undefined, data: Value, state: RunState): readonly Value[] {
    const found = this.#policy.plans.plans.find(({ name }) => name === plan);
    if (found === undefined) throw new EvaluationError("eval_internal_error", `no plan ${plan}`);
    const run = new Run(this.#functions, this.#byPath, this.#strings, state, input, data);
    for (const block of found.blocks) if (run.block(block) === returned) break;
    return run.results;
  }

  /** A call of a join, of what was found; `input` is undefined and `data` is empty. Throws `EvaluationError`. */
  call(func: string, args: JoinCall["args"], value: Value, state: RunState): Value | undefined {
    const run = new Run(this.#functions, this.#byPath, this.#strings, state, undefined, {});
    return run.joinCall(func, args, value);
  }
}

class Run {
  readonly #functions: ReadonlyMap<string, { readonly func: Func; readonly number: number }>;
  readonly #byPath: ReadonlyMap<string, string>;
  readonly #strings: readonly string[];
  readonly #state: RunState;
  #locals: (Value | undefined)[];
  #isFunction = false;
  #result: Value | undefined;
  readonly results: Value[] = [];
  /** Of each join whose loops are being run: the bindings that begin with the keys of the loops so far. */
  readonly #bindings: (readonly Binding[] | undefined)[] = [];

  constructor(
    functions: ReadonlyMap<string, { readonly func: Func; readonly number: number }>,
    byPath: ReadonlyMap<string, string>,
    strings: readonly string[],
    state: RunState,
    input: Value | undefined,
    data: Value,
  ) {
    this.#functions = functions;
    this.#byPath = byPath;
    this.#strings = strings;
    this.#state = state;
    this.#locals = [input, data];
  }

  /** A block ends where a statement is undefined or leaves it; `0` from a statement means: leave this block. */
  block(block: Block): Ending {
    const { trace } = this.#state;
    if (trace === undefined) return this.#statements(block);
    const mark = trace.mark;
    const ending = this.#statements(block);
    trace.reset(mark);
    return ending;
  }

  #statements(block: Block): Ending {
    for (const stmt of block.stmts) {
      const ending = this.#statement(stmt);
      if (ending === done) continue;
      if (ending === undefinedHere || ending === 0) return undefinedHere;
      return ending === returned ? returned : ending - 1;
    }
    return done;
  }

  #value(operand: Operand): Value | undefined {
    if (operand.type === "local") return this.#locals[operand.value];
    return operand.type === "bool" ? operand.value : this.#strings[operand.value];
  }

  #set(target: number, value: Value | undefined): Ending {
    if (value === undefined) return undefinedHere;
    this.#locals[target] = value;
    return done;
  }

  #statement(each: Stmt): Ending {
    const { type, stmt } = each as { type: Stmt["type"]; stmt: never };
    return (statements[type] as (run: Run, stmt: never) => Ending)(this, stmt);
  }

  static readonly handlers = {
    ArrayAppendStmt: (run: Run, stmt: Fields<"ArrayAppendStmt">) => run.#append(stmt),
    AssignIntStmt: (run: Run, { value, target }: Fields<"AssignIntStmt">) => run.#set(target, value),
    AssignVarOnceStmt: (run: Run, stmt: Fields<"AssignVarOnceStmt">) => run.#assignOnce(stmt),
    AssignVarStmt: (run: Run, { source, target }: Fields<"AssignVarStmt">) => {
      run.#locals[target] = run.#value(source);
      return run.#locals[target] === undefined && !(source.type === "local" && source.value < 2) ? undefinedHere : done;
    },
    BlockStmt: (run: Run, { blocks }: Fields<"BlockStmt">) => {
      for (const block of blocks ?? []) {
        const ending = run.block(block);
        if (ending === returned || ending >= 0) return ending;
      }
      return done;
    },
    BreakStmt: (_run: Run, { index }: Fields<"BreakStmt">) => index,
    CallDynamicStmt: (run: Run, stmt: Fields<"CallDynamicStmt">) => run.#callDynamic(stmt),
    CallStmt: (run: Run, stmt: Fields<"CallStmt">) => run.#call(stmt),
    DotStmt: (run: Run, { source, key, target, isBase }: Fields<"DotStmt">) => {
      const from = run.#value(source);
      const at = run.#value(key);
      if (from === undefined || at === undefined) return undefinedHere;
      const found = isBase === true ? lookupBase(from, at) : lookup(from, at);
      run.#state.trace?.read(from, at, found);
      return run.#set(target, found);
    },
    EqualStmt: (run: Run, { a, b }: Fields<"EqualStmt">) => {
      const left = run.#value(a);
      const right = run.#value(b);
      return left !== undefined && right !== undefined && equal(left, right) ? done : undefinedHere;
    },
    IsArrayStmt: (run: Run, { source }: Fields<"IsArrayStmt">) =>
      Array.isArray(run.#value(source)) ? done : undefinedHere,
    IsDefinedStmt: (run: Run, { source }: Fields<"IsDefinedStmt">) =>
      run.#locals[source] === undefined ? undefinedHere : done,
    IsObjectStmt: (run: Run, { source }: Fields<"IsObjectStmt">) => {
      const value = run.#value(source);
      return value !== undefined && isObject(value) ? done : undefinedHere;
    },
    IsSetStmt: (run: Run, { source }: Fields<"IsSetStmt">) =>
      run.#value(source) instanceof RegoSet ? done : undefinedHere,
    IsUndefinedStmt: (run: Run, { source }: Fields<"IsUndefinedStmt">) =>
      run.#locals[source] === undefined ? done : undefinedHere,
    LenStmt: (run: Run, { source, target }: Fields<"LenStmt">) => {
      const value = run.#value(source);
      return run.#set(target, value === undefined ? undefined : lengthOf(value));
    },
    MakeArrayStmt: (run: Run, { target }: Fields<"MakeArrayStmt">) => run.#set(target, []),
    MakeNullStmt: (run: Run, { target }: Fields<"MakeNullStmt">) => run.#set(target, null),
    MakeNumberIntStmt: (run: Run, { value, target }: Fields<"MakeNumberIntStmt">) => run.#set(target, value),
    MakeNumberRefStmt: (run: Run, { Index, target }: Fields<"MakeNumberRefStmt">) =>
      run.#set(target, numberFromText(run.#strings[Index] as string)),
    MakeObjectStmt: (run: Run, { target }: Fields<"MakeObjectStmt">) => run.#set(target, new RegoObject()),
    MakeSetStmt: (run: Run, { target }: Fields<"MakeSetStmt">) => run.#set(target, new RegoSet()),
    NopStmt: () => done,
    NotEqualStmt: (run: Run, { a, b }: Fields<"NotEqualStmt">) => {
      const left = run.#value(a);
      const right = run.#value(b);
      return left !== undefined && right !== undefined && !equal(left, right) ? done : undefinedHere;
    },
    NotStmt: (run: Run, { block }: Fields<"NotStmt">) => {
      // What a negation looked at is why it holds: it is not forgotten.
      const ending = run.#statements(block);
      if (ending === done) return undefinedHere;
      return ending === undefinedHere ? done : ending;
    },
    ObjectInsertOnceStmt: (run: Run, stmt: Fields<"ObjectInsertOnceStmt">) => {
      const key = run.#value(stmt.key);
      const value = run.#value(stmt.value);
      if (key === undefined || value === undefined) return undefinedHere;
      run.#state.grow(1);
      insertOnce(run.#locals[stmt.object] as Value, key, value, stmt);
      return done;
    },
    ObjectInsertStmt: (run: Run, stmt: Fields<"ObjectInsertStmt">) => {
      const key = run.#value(stmt.key);
      const value = run.#value(stmt.value);
      if (key === undefined || value === undefined) return undefinedHere;
      (run.#locals[stmt.object] as RegoObject).set(key, value);
      return done;
    },
    ObjectMergeStmt: (run: Run, { a, b, target }: Fields<"ObjectMergeStmt">) => {
      const left = run.#locals[a];
      const right = run.#locals[b];
      return left === undefined || right === undefined ? undefinedHere : run.#set(target, mergeObjects(left, right));
    },
    ResetLocalStmt: (run: Run, { target }: Fields<"ResetLocalStmt">) => {
      run.#locals[target] = undefined;
      return done;
    },
    ResultSetAddStmt: (run: Run, { value }: Fields<"ResultSetAddStmt">) => {
      const result = run.#locals[value];
      if (result === undefined) return undefinedHere;
      run.results.push(result);
      return done;
    },
    ReturnLocalStmt: (run: Run, { source }: Fields<"ReturnLocalStmt">) => {
      run.#result = run.#locals[source];
      return returned;
    },
    ScanStmt: (run: Run, stmt: Fields<"ScanStmt">) => run.#scan(stmt),
    SetAddStmt: (run: Run, stmt: Fields<"SetAddStmt">) => {
      const { value, set } = stmt;
      const member = run.#value(value);
      if (member === undefined) return undefinedHere;
      run.#state.trace?.derive(member, stmt);
      run.#state.grow(1);
      (run.#locals[set] as RegoSet).add(member);
      return done;
    },
    WithStmt: (run: Run, stmt: Fields<"WithStmt">) => run.#with(stmt),
  };

  #append({ array, value }: Fields<"ArrayAppendStmt">): Ending {
    const item = this.#value(value);
    if (item === undefined) return undefinedHere;
    this.#state.grow(1);
    (this.#locals[array] as Value[]).push(item);
    return done;
  }

  #assignOnce(stmt: Fields<"AssignVarOnceStmt">): Ending {
    const value = this.#value(stmt.source);
    if (value === undefined) return undefinedHere;
    const known = this.#locals[stmt.target];
    if (known !== undefined && !equal(known, value)) throw valueConflict(this.#isFunction, stmt);
    this.#locals[stmt.target] = value;
    return done;
  }

  #scan(stmt: Fields<"ScanStmt">): Ending {
    const { source, narrowed } = stmt;
    const from = this.#locals[source];
    const bindings = narrowed === undefined ? undefined : this.#candidates(narrowed, from);
    if (narrowed !== undefined && bindings !== undefined) return this.#narrowedScan(stmt, narrowed, bindings);
    if (narrowed !== undefined) this.#bindings[narrowed.join] = undefined;
    const keys = Array.isArray(from) ? undefined : scanKeys(from);
    if (!Array.isArray(from) && keys === undefined) return undefinedHere;
    return this.#rounds(stmt, keys, keys === undefined ? (from as readonly Value[]) : valuesAt(from as Value, keys));
  }

  #candidates({ join, level, value, isAny }: Narrowed, from: Value | undefined): readonly Binding[] | undefined {
    return level > 0 ? this.#bindings[join] : this.#state.candidates(join, from, value && this.#value(value), isAny);
  }

  #narrowedScan(stmt: Fields<"ScanStmt">, { join, level }: Narrowed, bindings: readonly Binding[]): Ending {
    const { keys, bindings: groups } = groupsOf(bindings, level);
    const values = valuesAt(this.#locals[stmt.source] as Value, keys);
    const ending = this.#rounds(stmt, keys, values, (i) => {
      this.#bindings[join] = groups[i];
    });
    this.#bindings[join] = bindings;
    return ending;
  }

  #rounds(
    { source, key, value, block }: Fields<"ScanStmt">,
    keys: readonly Value[] | undefined,
    values: readonly Value[],
    before?: (round: number) => void,
  ): Ending {
    const from = this.#locals[source];
    for (let i = 0; i < values.length; i++) {
      this.#state.step();
      before?.(i);
      this.#locals[key] = keys === undefined ? i : keys[i];
      this.#locals[value] = values[i];
      const mark = this.#state.trace?.mark ?? 0;
      this.#state.trace?.read(from as Value, this.#locals[key] as Value, values[i]);
      const ending = this.block(block);
      this.#state.trace?.reset(mark);
      if (ending >= 0 || ending === returned) return ending;
    }
    return done;
  }

  #with(stmt: Fields<"WithStmt">): Ending {
    if (stmt.isBad === true) throw badPath(stmt);
    const { local, path, value, block } = stmt;
    const saved = this.#locals[local];
    const replacement = this.#value(value);
    const keys = (path ?? []).map((index) => this.#strings[index] as string);
    const put = local === 1 ? overlayData : overlay;
    this.#locals[local] = keys.length === 0 || replacement === undefined ? replacement : put(saved, keys, replacement);
    try {
      return this.block(block);
    } finally {
      this.#locals[local] = saved;
    }
  }

  #callDynamic(stmt: Fields<"CallDynamicStmt">): Ending {
    const path = stmt.path.map((operand) => this.#value(operand));
    if (!path.every((part) => typeof part === "string")) return undefinedHere;
    const name = this.#byPath.get(path.join("\0"));
    if (name === undefined) return undefinedHere;
    return this.#call({ func: name, args: stmt.args.map((value) => ({ type: "local", value })), result: stmt.result });
  }

  #call(stmt: Fields<"CallStmt">): Ending {
    const args = (stmt.args ?? []).map((operand) => this.#value(operand));
    const found = this.#functions.get(stmt.func);
    if (found !== undefined) return this.#set(stmt.result, this.#callFunction(found.func, found.number, args));
    if (args.includes(undefined)) return undefinedHere;
    return this.#set(stmt.result, this.#state.call(stmt.func, args as readonly Value[], stmt));
  }

  joinCall(func: string, args: JoinCall["args"], value: Value): Value | undefined {
    const values = args.map((operand) => (operand === null ? value : this.#value(operand)));
    const found = this.#functions.get(func);
    if (found !== undefined) return this.#callFunction(found.func, found.number, values);
    return this.#state.call(func, values as readonly Value[], {});
  }

  #callFunction(func: Func, number: number, args: readonly (Value | undefined)[]): Value | undefined {
    const frame = this.#state.frame(args[0], args[1] as Value);
    if (args.length > 2) return this.#invoke(func, args);
    const known = frame.memo[number];
    if (known !== undefined) return known === none ? undefined : known;
    const value = this.#invoke(func, args);
    frame.memo[number] = value === undefined ? none : value;
    return value;
  }

  #invoke(func: Func, args: readonly (Value | undefined)[]): Value | undefined {
    const outer = [this.#locals, this.#isFunction] as const;
    this.#state.enter();
    this.#locals = [];
    this.#isFunction = func.params.length > 2;
    func.params.forEach((param, i) => {
      this.#locals[param] = args[i];
    });
    this.#result = undefined;
    try {
      for (const block of func.blocks) if (this.block(block) === returned) break;
      const result = this.#result;
      this.#result = undefined;
      return result;
    } finally {
      [this.#locals, this.#isFunction] = outer;
      this.#state.leave();
    }
  }
}

type Fields<T extends Stmt["type"]> = Extract<Stmt, { type: T }>["stmt"];

const statements = Run.handlers;
