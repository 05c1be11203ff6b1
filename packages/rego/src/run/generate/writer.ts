import type { Builtin } from "../../builtins/builtin.ts";
import type { Block, Func, Operand } from "../ir.ts";
import { Analysis } from "./analysis.ts";
import type { Constants } from "./constants.ts";
import { type Fact, Knowledge } from "./knowledge.ts";

/** What all functions of one policy share while they are written. */
export interface Context {
  readonly functions: readonly Func[];
  readonly numbers: ReadonlyMap<string, number>;
  readonly strings: readonly string[];
  readonly constants: Constants;
  /** Builtins by name, as they will be called. */
  readonly builtins: ReadonlyMap<string, Builtin>;
  /** Builtins that are called, in the order of their names `c0`, `c1`, …. */
  readonly called: string[];
  /** Numbers of the functions whose answers are kept for an argument that is a text: `g3` looks there before it asks `f3`. */
  readonly remembered: ReadonlySet<number>;
  /** True when a builtin of the policy shows in which order it is called. */
  readonly isOrdered: boolean;
}

/**
 * The text of one function: a labelled block per IR block, so that every way of leaving a block is a `break`. Locals are `v2`, `v3`, …;
 * `input` and `data` are read from the frame `f`.
 */
export class Writer {
  readonly context: Context;
  readonly analysis: Analysis;
  readonly knowledge = new Knowledge();
  /** True in a function with arguments: its conflicts are worded differently. */
  readonly isFunction: boolean;
  /** The name of the frame around: `with` makes others. */
  frame = "f";
  readonly #lines: string[] = [];
  readonly #locals = new Set<number>();
  /** Names of the blocks around, innermost last. */
  readonly #labels: string[] = [];
  #next = 0;

  constructor(context: Context, blocks: readonly Block[], params: readonly number[]) {
    this.context = context;
    this.analysis = new Analysis(blocks);
    this.isFunction = params.length > 2;
  }

  emit(line: string): void {
    this.#lines.push(line);
  }

  text(params: readonly number[]): string {
    const names = [...this.#locals].filter((local) => !params.includes(local)).map((local) => `v${local}`);
    return `${names.length === 0 ? "" : `let ${names.join(", ")};\n`}${this.#lines.join("\n")}`;
  }

  /** A number for names that are used once. */
  fresh(): number {
    return this.#next++;
  }

  /** Writes a labelled block; what it holds can leave it. */
  labelled(write: () => void, except: readonly number[] = []): void {
    const label = `b${this.fresh()}`;
    this.#labels.push(label);
    this.emit(`${label}: {`);
    this.knowledge.inside(write, except);
    this.emit("}");
    this.#labels.pop();
  }

  /** Leaves as many blocks; 0, the innermost alone, is what an undefined statement does. */
  leave(blocks = 0): string {
    return `break ${this.#labels.at(-1 - blocks)};`;
  }

  /** The variable of a local that is assigned. */
  target(local: number): string {
    this.#locals.add(local);
    return `v${local}`;
  }

  /** An expression for the value of a local. */
  local(local: number): string {
    if (local === 0) return `${this.frame}.input`;
    if (local === 1) return `${this.frame}.data`;
    return this.knowledge.of(local)?.text ?? this.target(local);
  }

  operand(operand: Operand): string {
    if (operand.type === "local") return this.local(operand.value);
    return operand.type === "bool" ? String(operand.value) : JSON.stringify(this.context.strings[operand.value]);
  }

  fact(operand: Operand): Fact | undefined {
    if (operand.type === "local") return this.knowledge.of(operand.value);
    return { text: this.operand(operand), isScalar: true };
  }

  /** The string that an operand is known to be. */
  stringOf(operand: Operand): string | undefined {
    return operand.type === "string_index" ? this.context.strings[operand.value] : undefined;
  }

  /** Leaves the block when an operand is undefined. */
  require(operand: Operand): void {
    if (operand.type !== "local" || this.fact(operand) !== undefined) return;
    this.emit(`if (${this.operand(operand)} === undefined) ${this.leave()}`);
    this.knowledge.confirm(operand.value);
  }

  /** Assigns what is defined for certain. */
  set(target: number, expression: string, fact: Fact = {}): void {
    this.emit(`${this.target(target)} = ${expression};`);
    this.knowledge.learn(target, fact);
  }

  /** Assigns, and leaves the block when that is undefined. */
  setOrLeave(target: number, expression: string, fact: Fact = {}): void {
    this.emit(`if ((${this.target(target)} = ${expression}) === undefined) ${this.leave()}`);
    this.knowledge.learn(target, fact);
  }
}
