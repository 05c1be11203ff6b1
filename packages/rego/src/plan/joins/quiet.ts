import { standardBuiltins } from "../../builtins/all.ts";
import type { Builtin } from "../../builtins/builtin.ts";
import { findSignature } from "../../builtins/capabilities.ts";
import { totalBuiltins } from "../../builtins/total.ts";
import type { Block, Func, Operand, Policy, Stmt } from "../../run/ir.ts";
import { blocksOf, forEachLocal } from "../../run/statements.ts";
import { areExclusive } from "./exclusive.ts";

/** How much of a statement can be seen when nothing uses its result: nothing; that a builtin fails, if errors are strict; more. */
export type Noise = "none" | "failure" | "seen";

/** Builtins that say something, or whose calls are counted. */
const heard: ReadonlySet<string> = new Set(["internal.print", "internal.test_case", "print", "trace", "http.send"]);

/** Tells of statements and functions whether leaving them out could be noticed. */
export class Quiet {
  readonly #builtins: ReadonlyMap<string, Builtin>;
  readonly #functions: ReadonlyMap<string, Func>;
  readonly #strings: readonly string[];
  readonly #noises = new Map<string, Noise>();
  readonly #independent = new Map<string, boolean>();

  constructor(policy: Policy, builtins: ReadonlyMap<string, Builtin>) {
    this.#builtins = builtins;
    this.#functions = new Map((policy.funcs.funcs ?? []).map((func) => [func.name, func]));
    this.#strings = policy.static.strings.map(({ value }) => value);
  }

  isFunction(name: string): boolean {
    return this.#functions.has(name);
  }

  /** A statement of a loop's round; `depth` is how many blocks inside the round stand around it. */
  statement(each: Stmt, depth = 0): Noise {
    switch (each.type) {
      case "AssignVarOnceStmt":
      case "CallDynamicStmt":
      case "ObjectInsertOnceStmt":
      case "ResultSetAddStmt":
      case "ReturnLocalStmt":
        return "seen";
      case "BreakStmt":
        return each.stmt.index <= depth ? "none" : "seen";
      case "CallStmt":
        return this.call(each.stmt.func);
      default:
        return loudest(blocksOf(each).flatMap(({ stmts }) => stmts.map((inner) => this.statement(inner, depth + 1))));
    }
  }

  call(name: string): Noise {
    return this.#functions.has(name) ? this.#function(name) : this.#builtin(name);
  }

  #builtin(name: string): Noise {
    const isStandard = this.#builtins.get(name) === standardBuiltins.get(name) && standardBuiltins.has(name);
    if (!isStandard || heard.has(name) || findSignature(name)?.nondeterministic === true) return "seen";
    return totalBuiltins.has(name) ? "none" : "failure";
  }

  #function(name: string): Noise {
    const known = this.#noises.get(name);
    if (known !== undefined) return known;
    const func = this.#functions.get(name) as Func;
    // A plan may call itself where its rules need other parts of one document than they give: it is noticed, as far as we can tell.
    this.#noises.set(name, "seen");
    const noise = this.#mayConflict(func) ? "seen" : loudest(func.blocks.map((block) => this.#insideFunction(block)));
    this.#noises.set(name, noise);
    return noise;
  }

  /** Within a function, returning and assigning its result are not seen outside. */
  #insideFunction({ stmts }: Block): Noise {
    return loudest(
      stmts.map((each) => {
        if (each.type === "AssignVarOnceStmt" || each.type === "BreakStmt" || each.type === "ReturnLocalStmt")
          return "none";
        const inner = blocksOf(each);
        return inner.length === 0 ? this.statement(each) : loudest(inner.map((block) => this.#insideFunction(block)));
      }),
    );
  }

  /** A function has one result when all that it assigns are the same constant, or one definition in turn can assign it, once. */
  #mayConflict(func: Func): boolean {
    const assigned = func.blocks.map((block) => assignments(block));
    const all = assigned.flat();
    const [first] = all;
    if (first === undefined || (isConstant(first.source) && all.every(({ source }) => isSame(source, first.source))))
      return false;
    if (all.some(({ isRepeated }) => isRepeated) || assigned.some(({ length }) => length > 1)) return true;
    const blocks = func.blocks.filter((_, i) => (assigned[i] as readonly unknown[]).length > 0);
    return blocks.some((a, i) => blocks.slice(i + 1).some((b) => !areExclusive(func, this.#strings, a, b)));
  }

  /** True for a function that looks at nothing but its arguments, and at the same functions of these. */
  isIndependent(name: string): boolean {
    const known = this.#independent.get(name);
    if (known !== undefined) return known;
    const blocks = this.#functions.get(name)?.blocks ?? [];
    this.#independent.set(name, false);
    const answer = blocks.every(({ stmts }) => stmts.every((each) => this.#readsNoDocument(each)));
    this.#independent.set(name, answer);
    return answer;
  }

  #readsNoDocument(each: Stmt): boolean {
    if (each.type === "WithStmt" || each.type === "CallDynamicStmt") return false;
    if (each.type === "CallStmt" && this.#functions.has(each.stmt.func)) {
      const values = (each.stmt.args ?? []).slice(2);
      return this.isIndependent(each.stmt.func) && values.every((operand) => !isDocument(operand));
    }
    const inner = blocksOf(each);
    if (inner.length > 0)
      return (
        !(each.type === "ScanStmt" && each.stmt.source < 2) &&
        inner.every(({ stmts }) => stmts.every((below) => this.#readsNoDocument(below)))
      );
    let reads = false;
    forEachLocal(each, (local) => {
      reads ||= local < 2;
    });
    return !reads;
  }
}

export function loudest(noises: readonly Noise[]): Noise {
  if (noises.includes("seen")) return "seen";
  return noises.includes("failure") ? "failure" : "none";
}

interface Assignment {
  readonly source: Operand;
  /** In a loop. */
  readonly isRepeated: boolean;
}

function assignments({ stmts }: Block, isRepeated = false): readonly Assignment[] {
  return stmts.flatMap((each) => {
    if (each.type === "AssignVarOnceStmt") return [{ source: each.stmt.source, isRepeated }];
    return blocksOf(each).flatMap((inner) => assignments(inner, isRepeated || each.type === "ScanStmt"));
  });
}

function isDocument(operand: Operand): boolean {
  return operand.type === "local" && operand.value < 2;
}

export function isConstant({ type }: Operand): boolean {
  return type !== "local";
}

function isSame(a: Operand, b: Operand): boolean {
  return a.type === b.type && a.value === b.value;
}
