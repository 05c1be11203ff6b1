import type { Operand, Stmt } from "../../run/ir.ts";
import type { Loop, Origins } from "./origin.ts";

/** A value that is known before a loop, and the statements that find it out there. */
export interface Found {
  readonly value: Operand;
  /** It is one of the members of an array. */
  readonly isAny: boolean;
  readonly before: readonly Stmt[];
}

/** Repeats before a loop what its rounds do to find a value that is the same, or of the same few, in each. */
export class Prelude {
  readonly #origins: Origins;
  readonly #fresh: () => number;
  readonly #isAssigned: (local: number) => boolean;
  readonly #copies = new Map<number, Operand>();
  readonly #stmts: Stmt[] = [];

  constructor(origins: Origins, fresh: () => number, isAssigned: (local: number) => boolean) {
    this.#origins = origins;
    this.#fresh = fresh;
    this.#isAssigned = isAssigned;
  }

  /** Undefined when it takes something out of the loop's rounds; `loops` are those inside that may be repeated. */
  find(operand: Operand, loops: readonly Loop[]): Found | undefined {
    const value = this.#copy(operand, loops);
    if (value === undefined) return undefined;
    if (this.#stmts.length === 0) return { value, isAny: false, before: [] };
    const isAny = this.#stmts.some(({ type }) => type === "ScanStmt");
    const target = this.#fresh();
    const result: Operand = { type: "local", value: target };
    const last: Stmt = isAny
      ? { type: "ArrayAppendStmt", stmt: { array: target, value } }
      : { type: "AssignVarStmt", stmt: { source: value, target } };
    const first: Stmt = isAny
      ? { type: "MakeArrayStmt", stmt: { capacity: 0, target } }
      : { type: "ResetLocalStmt", stmt: { target } };
    // A block of its own: where the value is undefined, the loop still is what it was.
    return {
      value: result,
      isAny,
      before: [first, { type: "BlockStmt", stmt: { blocks: [{ stmts: nested(this.#stmts, last) }] } }],
    };
  }

  #copy(operand: Operand, loops: readonly Loop[]): Operand | undefined {
    if (operand.type !== "local" || !this.#isAssigned(operand.value)) return operand;
    const known = this.#copies.get(operand.value);
    if (known !== undefined) return known;
    const copy = (each: Operand) => this.#copy(each, loops);
    const definition = this.#origins.definition(operand.value);
    switch (definition?.type) {
      case "DotStmt": {
        const source = copy(definition.stmt.source);
        const key = source && copy(definition.stmt.key);
        if (source === undefined || key === undefined) return undefined;
        return this.#add(operand.value, (target) => ({
          type: "DotStmt",
          stmt: { ...definition.stmt, source, key, target },
        }));
      }
      case "AssignVarStmt": {
        const source = copy(definition.stmt.source);
        if (source === undefined) return undefined;
        return this.#add(operand.value, (target) => ({
          type: "AssignVarStmt",
          stmt: { ...definition.stmt, source, target },
        }));
      }
      case "MakeNullStmt":
      case "MakeNumberIntStmt":
      case "MakeNumberRefStmt":
        return this.#add(operand.value, (target) => ({ ...definition, stmt: { ...definition.stmt, target } }) as Stmt);
      case "ScanStmt":
        return this.#copyLoop(operand.value, definition.stmt, loops);
      default:
        return undefined;
    }
  }

  #copyLoop(local: number, loop: Loop, loops: readonly Loop[]): Operand | undefined {
    const source = loops.includes(loop) ? this.#copy({ type: "local", value: loop.source }, loops) : undefined;
    if (source?.type !== "local") return undefined;
    const [key, value] = [this.#fresh(), this.#fresh()];
    this.#stmts.push({ type: "ScanStmt", stmt: { source: source.value, key, value, block: { stmts: [] } } });
    this.#copies.set(loop.key, { type: "local", value: key });
    this.#copies.set(loop.value, { type: "local", value });
    return this.#copies.get(local);
  }

  #add(local: number, make: (target: number) => Stmt): Operand {
    const target = this.#fresh();
    this.#stmts.push(make(target));
    const copy: Operand = { type: "local", value: target };
    this.#copies.set(local, copy);
    return copy;
  }
}

/** What follows a loop stands inside it. */
function nested(stmts: readonly Stmt[], last: Stmt): readonly Stmt[] {
  const at = stmts.findIndex(({ type }) => type === "ScanStmt");
  const loop = stmts[at];
  if (loop?.type !== "ScanStmt") return [...stmts, last];
  const block = { stmts: nested(stmts.slice(at + 1), last) };
  return [...stmts.slice(0, at), { type: "ScanStmt", stmt: { ...loop.stmt, block } }];
}
