import { type Builtin, BuiltinError, type CallPlace, type Effects, type QueryState } from "../builtins/builtin.ts";
import type { Binding } from "../data/join-index.ts";
import type { JoinIndexes } from "../data/join-indexes.ts";
import { sizeOf } from "../value/access.ts";
import { RegoObject, RegoSet } from "../value/collection.ts";
import { textSize } from "../value/text-size.ts";
import type { JsonObject, Value } from "../value/value.ts";
import { EvaluationError, overLimit } from "./errors.ts";
import type { Place } from "./ir.ts";
import type { PreparedJoin } from "./joins.ts";
import { scanKeys } from "./runtime.ts";
import type { Trace } from "./trace.ts";

/** What one evaluation may spend. Each limit ends it with `eval_cancel_error`. */
export interface Limits {
  /** Loop rounds and calls; a decision of an ordinary policy takes thousands. */
  readonly steps: number;
  /** Calls inside calls: far below what the stack holds. */
  readonly depth: number;
  /** Items of all collections that are made; each takes some 10 to 100 bytes. */
  readonly items: number;
  /** Characters of all strings that builtins make; each takes 1 or 2 bytes, and 8 where a string is taken apart. */
  readonly characters: number;
  /** Characters of the answer's JSON text, beyond those of input and data: an answer may hold one value many times. */
  readonly output: number;
}

export const defaultLimits: Limits = {
  steps: 50_000_000,
  depth: 2_000,
  items: 10_000_000,
  characters: 2 ** 26,
  output: 2 ** 27,
};

/** Builtins that answer with a part of what they were given. */
const selecting: ReadonlySet<string> = new Set(["object.get", "max", "min"]);

/** True for a builtin whose answers are new values. */
export function makesValues(name: string): boolean {
  return !selecting.has(name);
}

/** How often the clock is asked, in steps: asking costs more than a step. */
const stepsPerClock = 4096;

/** A call of a builtin may take as long as many steps. */
const stepsPerCall = 256;

export interface StateOptions {
  readonly effects: Effects;
  readonly builtins: ReadonlyMap<string, Builtin>;
  readonly strictBuiltinErrors: boolean;
  readonly limits: Limits;
  /** Milliseconds; with `deadline`, ends an evaluation that takes too long. */
  readonly clock?: (() => number) | undefined;
  readonly deadline?: number | undefined;
  /** Takes errors of builtins that made an expression undefined. */
  readonly builtinErrors?: EvaluationError[] | undefined;
  /** Only the interpreter follows it. */
  readonly trace?: Trace | undefined;
  /** Of the store that base data is from, for the plan's joins. */
  readonly indexes?: JoinIndexes | undefined;
  readonly joins?: readonly PreparedJoin[];
  /** Names of files by the numbers that places of a plan have. */
  readonly files?: readonly { readonly value: string }[] | undefined;
}

/** Fewer keys are sorted as fast as they are looked up. */
const minSortedKeys = 16;

/** Answers of a function that are kept: of more texts most are asked once. */
const maxAnswers = 1000;

/** The memory of a rule that is undefined: `undefined` itself means that it was not asked yet. */
export const none: unique symbol = Symbol("undefined");

/** The values that `input` and `data` have inside one `with`, and the rules' values under them. */
export interface Frame {
  readonly input: Value | undefined;
  readonly data: Value;
  /** By number of the function; `none` stands for a rule that is undefined. */
  readonly memo: (Value | typeof none | undefined)[];
  /** Of functions with one argument, by their number and the text that it was. */
  readonly answers: (Map<string, Value | typeof none> | undefined)[];
}

/** Everything that changes while one query is evaluated. */
export class RunState {
  readonly query: QueryState;
  readonly trace: Trace | undefined;
  readonly #options: StateOptions;
  readonly #frames: Frame[] = [];
  /** Builtin errors that made an expression undefined, in order. */
  readonly builtinErrors: EvaluationError[];
  readonly isStrict: boolean;
  readonly #maxDepth: number;
  readonly #maxItems: number;
  #sortedKeys: Map<Value, readonly Value[]> | undefined;
  #steps = 0;
  #nextCheck: number;
  #depth = 0;
  #items = 0;
  #characters = 0;

  constructor(options: StateOptions) {
    this.#options = options;
    this.trace = options.trace;
    this.query = new Query(options.effects);
    this.builtinErrors = options.builtinErrors ?? [];
    this.isStrict = options.strictBuiltinErrors;
    this.#maxDepth = options.limits.depth;
    this.#maxItems = options.limits.items;
    this.#nextCheck = Math.min(options.limits.steps + 1, stepsPerClock);
  }

  /** The frame of an input and data; the same one again for the same documents. */
  frame(input: Value | undefined, data: Value): Frame {
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const frame = this.#frames[i] as Frame;
      if (frame.input === input && frame.data === data) return frame;
    }
    const frame: Frame = { input, data, memo: [], answers: [] };
    this.#frames.push(frame);
    return frame;
  }

  /** What a function answers to a text, which it is asked once; an answer with errors is found anew, since each is told. */
  recall(
    frame: Frame,
    number: number,
    ask: (state: RunState, frame: Frame, text: string) => Value | undefined,
    text: string,
  ): Value | undefined {
    const answers = (frame.answers[number] ??= new Map());
    const known = answers.get(text);
    if (known !== undefined) return known === none ? undefined : known;
    const errors = this.builtinErrors.length;
    const value = ask(this, frame, text);
    if (this.builtinErrors.length === errors && answers.size < maxAnswers)
      answers.set(text, value === undefined ? none : value);
    return value;
  }

  /** Keys of a collection in Rego's order. Those of a large JSON object are kept: sorting takes longer than the loop over them. */
  scanKeys(source: Value | undefined): readonly Value[] | undefined {
    const known = this.#sortedKeys?.get(source as Value);
    if (known !== undefined) return known;
    const keys = scanKeys(source);
    // Sets and built objects keep their order themselves.
    if (keys === undefined || keys.length <= minSortedKeys) return keys;
    if (source instanceof RegoObject || source instanceof RegoSet) return keys;
    this.#sortedKeys ??= new Map();
    this.#sortedKeys.set(source as Value, keys);
    return keys;
  }

  /**
   * The rounds of a join's loops over `source` that may find the value, or with `isAny` one of its members; undefined when all must be run.
   * A value that is undefined is found in none.
   */
  candidates(
    number: number,
    source: Value | undefined,
    value: Value | undefined,
    isAny = false,
  ): readonly Binding[] | undefined {
    const { indexes, joins } = this.#options;
    const prepared = joins?.[number];
    if (indexes === undefined || prepared === undefined || this.trace !== undefined) return undefined;
    if (source === undefined || source === null || typeof source !== "object") return undefined;
    if (this.isStrict && prepared.join.mayFail) return undefined;
    if (value === undefined) return [];
    return indexes.candidates(prepared, source, isAny ? (value as readonly Value[]) : [value]);
  }

  /** Counts one step of a loop or call. */
  step(): void {
    if (++this.#steps >= this.#nextCheck) this.#check();
  }

  #check(): void {
    const { limits, clock, deadline } = this.#options;
    if (this.#steps > limits.steps) this.#cancel("too many steps");
    if (clock !== undefined && deadline !== undefined && clock() > deadline)
      this.#cancel("caller cancelled query execution");
    this.#nextCheck = Math.min(limits.steps + 1, this.#steps + stepsPerClock);
  }

  enter(): void {
    this.step();
    if (++this.#depth > this.#maxDepth) this.#cancel("too many nested calls");
  }

  /** Counts items that a collection gets. */
  grow(items: number): void {
    if ((this.#items += items) > this.#maxItems) this.#cancel("too many items in collections");
  }

  /** Counts the new value of a builtin. */
  made(value: Value | undefined): void {
    this.#nextCheck -= stepsPerCall;
    if (typeof value === "string") {
      if ((this.#characters += value.length) > this.#options.limits.characters) this.#cancel("too long strings");
    } else if (value !== null && typeof value === "object") {
      this.grow(Array.isArray(value) ? value.length : (sizeOf(value) ?? 0));
    }
  }

  leave(): void {
    this.#depth--;
  }

  /** The answers, unless their text would be too long. What is all of input or data may be as long as these. */
  answers(values: readonly Value[], input: Value | undefined, data: Value): readonly Value[] {
    if (values.every(isFlat)) return values;
    const { output } = this.#options.limits;
    if (textSize(values, output) <= output) return values;
    const given = textSize(data, Infinity) + (input === undefined ? 0 : textSize(input, Infinity));
    if (textSize(values, output + given) > output + given) this.#cancel("too long an answer");
    return values;
  }

  #cancel(message: string): never {
    throw overLimit(message);
  }

  /** Calls a builtin; undefined when it is, or when it failed and errors are not strict. */
  call(name: string, args: readonly Value[], place: Place): Value | undefined {
    const builtin = this.#options.builtins.get(name);
    if (builtin === undefined)
      throw new EvaluationError("eval_internal_error", `unsupported built-in function: ${name}`, place);
    try {
      const value = builtin.call(args, this.query, builtin.needsPlace === true ? this.place(place) : undefined);
      if (makesValues(name)) this.made(value);
      return value;
    } catch (error) {
      return this.failed(error, name, place);
    }
  }

  /** A call's place as builtins are told it. */
  place({ name, file, row = 0, col = 0 }: Place & { readonly name?: string }): CallPlace {
    return { file: (name ?? this.#options.files?.[file ?? -1]?.value) || undefined, row, col };
  }

  /** What a builtin's failure makes of its call: undefined, unless errors are strict or it is not the builtin's own. */
  failed(error: unknown, name: string, place: Place): undefined {
    if (error instanceof EvaluationError && error.place === undefined)
      throw new EvaluationError(error.code, error.message, place);
    if (!(error instanceof BuiltinError)) throw error;
    const wrapped = new EvaluationError(error.code, `${name}: ${error.message}`, place);
    if (this.isStrict) throw wrapped;
    this.builtinErrors.push(wrapped);
    return undefined;
  }
}

/** True for an object that holds no others: most answers are one that holds a boolean. Builtins count the characters of strings. */
function isFlat(value: Value): boolean {
  if (value instanceof RegoObject) return false;
  for (const key in value as JsonObject) {
    const each = (value as JsonObject)[key];
    if (typeof each === "object" && each !== null) return false;
  }
  return true;
}

/** The cache is made when a builtin first asks for it: most queries never do. */
class Query implements QueryState {
  readonly effects: Effects;
  #cache: Map<string, unknown> | undefined;

  constructor(effects: Effects) {
    this.effects = effects;
  }

  get cache(): Map<string, unknown> {
    this.#cache ??= new Map();
    return this.#cache;
  }
}
