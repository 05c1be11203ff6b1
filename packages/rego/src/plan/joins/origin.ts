import type { Block, JoinCall, Operand, Stmt } from "../../run/ir.ts";
import { blocksOf, forEachLocal } from "../../run/statements.ts";
import { isConstant, type Noise, type Quiet } from "./quiet.ts";

export type Loop = Extract<Stmt, { type: "ScanStmt" }>["stmt"];

/** Where below `data` a local's value comes from. */
export interface Origin {
  readonly prefix: readonly string[];
  /** Loops whose rounds it belongs to, outermost first. */
  readonly loops: readonly Loop[];
  /** From the first loop's document on; null for each loop. */
  readonly steps: readonly (string | number | null)[];
  /** It is the last loop's key. */
  readonly isKey: boolean;
  /** It went through these calls. */
  readonly calls: readonly JoinCall[];
  readonly noise: Noise;
}

const root: Origin = { prefix: [], loops: [], steps: [], isKey: false, calls: [], noise: "none" };

/** What the locals of one function are, where they are assigned in one place. */
export class Origins {
  readonly #strings: readonly string[];
  readonly #quiet: Quiet;
  readonly #definitions = new Map<number, Stmt>();
  readonly #origins = new Map<number, Origin>([[1, root]]);
  readonly #uses = new Map<number, number>();

  constructor(blocks: readonly Block[], strings: readonly string[], quiet: Quiet) {
    this.#strings = strings;
    this.#quiet = quiet;
    const assigned = new Map<number, number>();
    for (const { stmts } of blocks)
      for (const stmt of stmts)
        forEachLocal(stmt, (local, use) => {
          this.#uses.set(local, (this.#uses.get(local) ?? 0) + 1);
          if (use !== "reads") assigned.set(local, (assigned.get(local) ?? 0) + 1);
        });
    const isOnce = (local: number) => assigned.get(local) === 1;
    for (const block of blocks) this.#visit(block, isOnce);
  }

  /** Uses of a local in the whole function. */
  uses(local: number): number {
    return this.#uses.get(local) ?? 0;
  }

  get locals(): Iterable<number> {
    return this.#uses.keys();
  }

  of(local: number): Origin | undefined {
    return this.#origins.get(local);
  }

  /** The statement that assigns the local, if it is the only one. */
  definition(local: number): Stmt | undefined {
    return this.#definitions.get(local);
  }

  #visit({ stmts }: Block, isOnce: (local: number) => boolean): void {
    for (const each of stmts) {
      this.#learn(each, isOnce);
      for (const inner of blocksOf(each)) this.#visit(inner, isOnce);
    }
  }

  #learn(each: Stmt, isOnce: (local: number) => boolean): void {
    const learn = (local: number, origin: Origin | undefined) => {
      if (!isOnce(local)) return;
      this.#definitions.set(local, each);
      if (origin !== undefined) this.#origins.set(local, origin);
    };
    switch (each.type) {
      case "DotStmt":
        learn(each.stmt.target, this.#dot(each.stmt.source, this.#key(each.stmt.key)));
        return;
      case "ScanStmt": {
        const from = this.#document(this.#origins.get(each.stmt.source));
        const entered = from && { ...from, loops: [...from.loops, each.stmt], steps: [...from.steps, null] };
        learn(each.stmt.value, entered);
        learn(each.stmt.key, entered && { ...entered, isKey: true });
        return;
      }
      case "CallStmt":
        learn(each.stmt.result, this.#call(each.stmt.func, each.stmt.args ?? []));
        return;
      case "AssignVarStmt":
        learn(
          each.stmt.target,
          each.stmt.source.type === "local" ? this.#origins.get(each.stmt.source.value) : undefined,
        );
        return;
      case "MakeNullStmt":
      case "MakeNumberIntStmt":
      case "MakeNumberRefStmt":
        learn(each.stmt.target, undefined);
    }
  }

  /** An origin that is a document itself, not a key or what was made of one. */
  #document(origin: Origin | undefined): Origin | undefined {
    return origin === undefined || origin.isKey || origin.calls.length > 0 ? undefined : origin;
  }

  #key(operand: Operand): string | number | undefined {
    if (operand.type === "string_index") return this.#strings[operand.value];
    const definition = operand.type === "local" ? this.#definitions.get(operand.value) : undefined;
    return definition?.type === "MakeNumberIntStmt" ? definition.stmt.value : undefined;
  }

  #dot(source: Operand, key: string | number | undefined): Origin | undefined {
    const from = source.type === "local" ? this.#document(this.#origins.get(source.value)) : undefined;
    if (from === undefined || key === undefined) return undefined;
    if (from.loops.length > 0) return { ...from, steps: [...from.steps, key] };
    return typeof key === "string" ? { ...from, prefix: [...from.prefix, key] } : undefined;
  }

  /** A call of one value out of a loop and of constants, the result of which depends on nothing else. */
  #call(func: string, args: readonly Operand[]): Origin | undefined {
    const isFunction = this.#quiet.isFunction(func);
    if (isFunction && !this.#quiet.isIndependent(func)) return undefined;
    const noise = this.#quiet.call(func);
    if (noise === "seen") return undefined;
    const own = isFunction ? args.slice(2) : args;
    const found = own.flatMap((operand) => (operand.type === "local" ? [operand.value] : []));
    const origin = this.#origins.get(found[0] ?? -1);
    if (found.length !== 1 || origin === undefined || origin.loops.length === 0) return undefined;
    const documents = isFunction ? args.slice(0, 2) : [];
    const call: JoinCall = {
      func,
      args: [...documents, ...own.map((operand) => (isConstant(operand) ? operand : null))],
    };
    return { ...origin, calls: [...origin.calls, call], noise: "failure" };
  }
}
