import type { Block, Func, Operand, Place, Plan, Policy, Stmt } from "../run/ir.ts";
import type { Location } from "../syntax/ast.ts";

/** The constants, functions and plans of one policy while it is planned. */
export class PolicyBuilder {
  readonly #strings = new Map<string, number>();
  readonly #files = new Map<string, number>();
  readonly #builtins = new Set<string>();
  readonly funcs: Func[] = [];
  readonly plans: Plan[] = [];

  string(value: string): number {
    return index(this.#strings, value);
  }

  file(name: string): number {
    return index(this.#files, name);
  }

  useBuiltin(name: string): void {
    this.#builtins.add(name);
  }

  build(): Policy {
    const values = (map: ReadonlyMap<string, number>) => [...map.keys()].map((value) => ({ value }));
    return {
      static: {
        strings: values(this.#strings),
        builtin_funcs: [...this.#builtins].map((name) => ({ name })),
        files: values(this.#files),
      },
      plans: { plans: this.plans },
      funcs: { funcs: this.funcs },
    };
  }
}

function index(map: Map<string, number>, key: string): number {
  const known = map.get(key);
  if (known !== undefined) return known;
  map.set(key, map.size);
  return map.size - 1;
}

type Types = Stmt["type"];
type Fields<T extends Types> = Omit<Extract<Stmt, { type: T }>["stmt"], keyof Place>;

/** Emits statements of one function or plan, into blocks that nest. */
export class BlockWriter {
  readonly #policy: PolicyBuilder;
  #stmts: Stmt[] = [];
  #depth = 0;
  #loops = 0;
  /** Where the next statement stands; its place is made for the first statement that asks. */
  #loc: Location | undefined;
  #place: Place = {};
  /** 0 is input, 1 is data. */
  #locals = 2;

  constructor(policy: PolicyBuilder) {
    this.#policy = policy;
  }

  /** How many blocks stand around the current one. */
  get depth(): number {
    return this.#depth;
  }

  /** True where a statement may run more than once: in a loop, or in a function that is called with arguments. */
  get isRepeated(): boolean {
    return this.#loops > 0;
  }

  /** What `write` emits may run more than once. */
  repeated<T>(write: () => T): T {
    this.#loops++;
    try {
      return write();
    } finally {
      this.#loops--;
    }
  }

  /** The block of a loop. */
  loop(write: () => void): Block {
    return this.repeated(() => this.block(write));
  }

  local(): number {
    return this.#locals++;
  }

  at(loc: Location): void {
    this.#loc = loc;
  }

  /** As rows and columns are counted in the text, most of the time for statements of one place. */
  #placeHere(): Place {
    const loc = this.#loc;
    if (loc === undefined) return this.#place;
    this.#loc = undefined;
    this.#place = { file: this.#policy.file(loc.file), row: loc.row, col: loc.col };
    return this.#place;
  }

  /** The fields become the statement's own object, which gets its place. */
  emit<T extends Types>(type: T, fields: Fields<T>): void {
    const { file, row, col } = this.#loc === undefined ? this.#place : this.#placeHere();
    if (file !== undefined) {
      const stmt = fields as { file?: number; row?: number; col?: number };
      stmt.file = file;
      stmt.row = row as number;
      stmt.col = col as number;
    }
    this.#stmts.push({ type, stmt: fields } as unknown as Stmt);
  }

  /** The block that `write` fills. */
  block(write: () => void): Block {
    const outer = this.#stmts;
    const [loc, place] = [this.#loc, this.#place];
    const inner: Stmt[] = [];
    this.#stmts = inner;
    this.#depth++;
    try {
      write();
    } finally {
      this.#stmts = outer;
      this.#loc = loc;
      this.#place = place;
      this.#depth--;
    }
    return { stmts: inner };
  }

  /** Makes the rest of the current block unreachable: the expression cannot be true. */
  fail(): void {
    this.emit("BreakStmt", { index: 0 });
  }

  string(value: string): Operand {
    return { type: "string_index", value: this.#policy.string(value) };
  }
}

export function localOperand(value: number): Operand {
  return { type: "local", value };
}

export const trueOperand: Operand = { type: "bool", value: true };
export const falseOperand: Operand = { type: "bool", value: false };
