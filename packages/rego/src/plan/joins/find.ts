import type { Builtin } from "../../builtins/builtin.ts";
import type { Block, Func, Join, Narrowed, Operand, Plan, Policy, Stmt } from "../../run/ir.ts";
import { forEachLocal } from "../../run/statements.ts";
import { type Loop, type Origin, Origins } from "./origin.ts";
import { Prelude } from "./prelude.ts";
import { loudest, type Noise, Quiet } from "./quiet.ts";

/** The same policy, with its loops marked that an index can narrow. */
export function findJoins(policy: Policy, builtins: ReadonlyMap<string, Builtin>): Policy {
  const plansAndFuncs = [...policy.plans.plans, ...(policy.funcs.funcs ?? [])];
  const reading = new Set(plansAndFuncs.filter(({ blocks }) => blocks.some(looksIntoData)));
  if (reading.size === 0) return policy;
  const strings = policy.static.strings.map(({ value }) => value);
  const quiet = new Quiet(policy, builtins);
  const joins: Join[] = [];
  const marked = <T extends Func | Plan>(each: T): T => {
    if (!reading.has(each)) return each;
    const blocks = new JoinFinder(each.blocks, strings, quiet, joins).blocks;
    return { ...each, blocks };
  };
  const plans = policy.plans.plans.map(marked);
  const funcs = (policy.funcs.funcs ?? []).map(marked);
  return joins.length === 0 ? policy : { ...policy, plans: { plans }, funcs: { funcs }, joins };
}

/**
 * True where a document below `data` is taken by its name: a join's outermost loop is over such a one. Looks at every statement there is,
 * and before V8 has optimised anything: hence no closures.
 */
function looksIntoData({ stmts }: Block): boolean {
  for (let i = 0; i < stmts.length; i++) {
    const each = stmts[i] as Stmt;
    switch (each.type) {
      case "DotStmt":
      case "AssignVarStmt":
        if (isData(each.stmt.source)) return true;
        break;
      case "BlockStmt":
        if (each.stmt.blocks?.some(looksIntoData) === true) return true;
        break;
      case "NotStmt":
      case "ScanStmt":
      case "WithStmt":
        if (looksIntoData(each.stmt.block)) return true;
    }
  }
  return false;
}

function isData(operand: Operand): boolean {
  return operand.type === "local" && operand.value === 1;
}

/** A comparison that decides whether a round matters. */
interface Comparison {
  readonly origin: Origin;
  /** What the origin's value must equal, and how that is found out before the outermost loop. */
  readonly value: Operand;
  readonly isAny: boolean;
  readonly before: readonly Stmt[];
}

/** The loops of one function or plan. */
class JoinFinder {
  readonly #source: readonly Block[];
  readonly #quiet: Quiet;
  readonly #origins: Origins;
  readonly #joins: Join[];
  readonly #narrowed = new Map<Loop, Narrowed>();
  #nextLocal: number;

  constructor(blocks: readonly Block[], strings: readonly string[], quiet: Quiet, joins: Join[]) {
    this.#source = blocks;
    this.#quiet = quiet;
    this.#origins = new Origins(blocks, strings, quiet);
    this.#joins = joins;
    this.#nextLocal = Math.max(1, ...this.#origins.locals) + 1;
  }

  get blocks(): readonly Block[] {
    return this.#source.map((block) => this.#block(block));
  }

  #block({ stmts }: Block): Block {
    return { stmts: stmts.flatMap((each) => this.#statement(each)) };
  }

  #statement(each: Stmt): readonly Stmt[] {
    switch (each.type) {
      case "BlockStmt":
        return [
          { ...each, stmt: { ...each.stmt, blocks: (each.stmt.blocks ?? []).map((block) => this.#block(block)) } },
        ];
      case "NotStmt":
      case "WithStmt":
        return [{ ...each, stmt: { ...each.stmt, block: this.#block(each.stmt.block) } } as Stmt];
      case "ScanStmt": {
        const before = this.#mark(each.stmt);
        const narrowed = this.#narrowed.get(each.stmt);
        const stmt = { ...each.stmt, block: this.#block(each.stmt.block), ...(narrowed && { narrowed }) };
        return [...before, { type: "ScanStmt", stmt }];
      }
      default:
        return [each];
    }
  }

  /** Marks the loops of a join of which this is the outermost. Answers what must be found out before it. */
  #mark(loop: Loop): readonly Stmt[] {
    const source = this.#origins.of(loop.source);
    if (source === undefined || source.loops.length > 0 || source.calls.length > 0 || source.prefix.length === 0)
      return [];
    const found = new RoundReader(loop, this.#origins, this.#quiet, () => this.#nextLocal++).find();
    if (found === undefined) return [];
    const { origin, value, isAny, before, noise } = found;
    const { prefix, steps, isKey, calls, loops } = origin;
    const join = this.#joins.push({ prefix, steps, isKey, calls, mayFail: noise === "failure" }) - 1;
    const first = { value, ...(isAny && { isAny }) };
    loops.forEach((each, level) => void this.#narrowed.set(each, { join, level, ...(level === 0 && first) }));
    return before;
  }
}

/** Reads a loop's rounds from their beginning to the first comparison that decides. */
class RoundReader {
  readonly #root: Loop;
  readonly #origins: Origins;
  readonly #quiet: Quiet;
  readonly #fresh: () => number;
  /** How each local is used inside the loop, and whether it is assigned there. */
  readonly #inside = new Map<number, { uses: number; isAssigned: boolean }>();
  readonly #loops: Loop[] = [];

  constructor(root: Loop, origins: Origins, quiet: Quiet, fresh: () => number) {
    this.#root = root;
    this.#origins = origins;
    this.#quiet = quiet;
    this.#fresh = fresh;
    for (const stmt of root.block.stmts) forEachLocal(stmt, (local, use) => this.#count(local, use !== "reads"));
    for (const local of [root.key, root.value]) this.#count(local, true);
  }

  #count(local: number, isAssigned: boolean): void {
    const known = this.#inside.get(local) ?? { uses: 0, isAssigned: false };
    this.#inside.set(local, { uses: known.uses + 1, isAssigned: known.isAssigned || isAssigned });
  }

  find(): (Comparison & { readonly noise: Noise }) | undefined {
    const noises: Noise[] = [];
    for (let loop: Loop | undefined = this.#root; loop !== undefined; ) {
      this.#loops.push(loop);
      if (![loop.key, loop.value].every((local) => this.#isInner(local))) return undefined;
      const { stmts }: Block = loop.block;
      loop = undefined;
      for (const [at, each] of stmts.entries()) {
        const found = this.#comparison(each, stmts[at + 1]);
        if (found !== undefined) return { ...found, noise: loudest([...noises, found.origin.noise]) };
        if (each.type === "ScanStmt" && at === stmts.length - 1) loop = each.stmt;
        else if (!this.#canBeLeftOut(each, noises)) return undefined;
      }
    }
    return undefined;
  }

  #canBeLeftOut(each: Stmt, noises: Noise[]): boolean {
    const noise = this.#quiet.statement(each);
    noises.push(noise);
    let isInner = true;
    forEachLocal(each, (local, use) => {
      isInner &&= use === "reads" || this.#isInner(local);
    });
    return noise !== "seen" && isInner;
  }

  /** True for a local that is not seen outside of the loop. */
  #isInner(local: number): boolean {
    return this.#inside.get(local)?.uses === this.#origins.uses(local);
  }

  #comparison(each: Stmt, next: Stmt | undefined): Comparison | undefined {
    if (each.type === "EqualStmt") {
      const { a, b } = each.stmt;
      return this.#compared(a, b) ?? this.#compared(b, a);
    }
    if (each.type !== "CallStmt" || each.stmt.func !== "internal.member_2") return undefined;
    if (this.#quiet.call(each.stmt.func) !== "none" || !isRequired(each.stmt.result, next)) return undefined;
    const [member, collection] = each.stmt.args as readonly [Operand, Operand];
    const found = this.#compared(collection, member);
    if (found === undefined || found.origin.isKey || found.origin.calls.length > 0) return undefined;
    return { ...found, origin: { ...found.origin, steps: [...found.origin.steps, null] } };
  }

  #compared(inner: Operand, outer: Operand): Comparison | undefined {
    const origin = inner.type === "local" ? this.#origins.of(inner.value) : undefined;
    if (origin === undefined || origin.loops[0] !== this.#root) return undefined;
    if (!origin.loops.every((loop) => this.#loops.includes(loop))) return undefined;
    const prelude = new Prelude(this.#origins, this.#fresh, (local) => this.#inside.get(local)?.isAssigned === true);
    // The join's own loops are not repeated: that would be the work which it saves.
    const others = this.#loops.filter(({ value }) => this.#origins.of(value)?.loops[0] !== this.#root);
    const found = prelude.find(outer, others);
    return found && { origin, ...found };
  }
}

/** True when the next statement ends the round unless a call's result is true. */
function isRequired(result: number, next: Stmt | undefined): boolean {
  if (next?.type !== "NotEqualStmt") return false;
  const { a, b } = next.stmt;
  return a.type === "local" && a.value === result && b.type === "bool" && !b.value;
}
