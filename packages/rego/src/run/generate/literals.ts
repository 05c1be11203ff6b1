import type { Operand, Stmt } from "../ir.ts";
import { forEachLocal } from "../statements.ts";
import type { Analysis } from "./analysis.ts";

interface Addition {
  readonly at: number;
  readonly key: Operand | undefined;
  readonly value: Operand;
}

/** A collection that is complete as soon as its last member is known, so that it can be written as one literal. */
export interface Literal {
  readonly kind: "array" | "object" | "set";
  readonly local: number;
  /** By position in the block. */
  readonly additions: readonly Addition[];
  /** Where it is complete. */
  readonly end: number;
}

const kinds: ReadonlyMap<string, Literal["kind"]> = new Map([
  ["MakeArrayStmt", "array"],
  ["MakeObjectStmt", "object"],
  ["MakeSetStmt", "set"],
]);

/** Finds the literals of one block's statements: collections that nothing else adds to, or sees before they are complete. */
export class Literals {
  readonly #stmts: readonly Stmt[];
  readonly #whole: Analysis;
  /** Of each local that is used here, how often, and where first. */
  readonly #uses = new Map<number, { total: number; readonly first: number }>();

  constructor(stmts: readonly Stmt[], whole: Analysis) {
    this.#stmts = stmts;
    this.#whole = whole;
    if (stmts.some(({ type }) => kinds.has(type))) this.#countUses();
  }

  #countUses(): void {
    for (const [at, stmt] of this.#stmts.entries()) {
      forEachLocal(stmt, (local) => {
        const known = this.#uses.get(local);
        if (known === undefined) this.#uses.set(local, { total: 1, first: at });
        else known.total++;
      });
    }
  }

  /** The literal that begins at a statement. */
  startingAt(start: number): Literal | undefined {
    const { type, stmt } = this.#stmts[start] as Stmt;
    const kind = kinds.get(type);
    if (kind === undefined) return undefined;
    const local = (stmt as unknown as { readonly target: number }).target;
    if (!this.#isOnlyHere(local, start)) return undefined;
    const additions = this.#additions(start, kind, local);
    return additions && { kind, local, additions, end: additions.at(-1)?.at ?? start };
  }

  #isOnlyHere(local: number, start: number): boolean {
    const uses = this.#uses.get(local);
    if (uses?.first !== start || uses.total !== this.#whole.total(local)) return false;
    const { defines, once, resets } = this.#whole.of(local);
    return defines === 1 && once + resets === 0;
  }

  #additions(start: number, kind: Literal["kind"], local: number): readonly Addition[] | undefined {
    const wanted = this.#whole.of(local).grows;
    const additions: Addition[] = [];
    const parts = new Set<number>();
    for (let at = start + 1; at < this.#stmts.length && additions.length < wanted; at++) {
      const stmt = this.#stmts[at] as Stmt;
      const addition = additionOf(stmt, kind, local);
      if (addition === undefined) {
        if (touches(stmt, local, parts)) return undefined;
        continue;
      }
      additions.push({ at, ...addition });
      if (addition.value.type === "local") parts.add(addition.value.value);
    }
    return additions.length === wanted ? additions : undefined;
  }
}

function additionOf({ type, stmt }: Stmt, kind: Literal["kind"], local: number): Omit<Addition, "at"> | undefined {
  if (type === "ArrayAppendStmt" && kind === "array" && stmt.array === local)
    return { key: undefined, value: stmt.value };
  if (type === "SetAddStmt" && kind === "set" && stmt.set === local) return { key: undefined, value: stmt.value };
  if (type === "ObjectInsertStmt" && kind === "object" && stmt.object === local && stmt.key.type === "string_index")
    return { key: stmt.key, value: stmt.value };
  return undefined;
}

/** True when a statement uses the collection, or changes a member that was read for it. */
function touches(stmt: Stmt, local: number, parts: ReadonlySet<number>): boolean {
  let found = false;
  forEachLocal(stmt, (each, use) => {
    if (each === local || (use !== "reads" && parts.has(each))) found = true;
  });
  return found;
}
