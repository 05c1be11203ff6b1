import type { Location } from "../syntax/ast.ts";
import type { TraceEvent, Tracer } from "../topdown/trace.ts";
import { compareStrings } from "../value/string-order.ts";

/** What OPA's `--profile` tells of the expressions that begin in one line. */
export interface ProfileRow {
  readonly total_time_ns: number;
  readonly num_eval: number;
  readonly num_redo: number;
  /** Expressions of the compiled policy. */
  readonly num_gen_expr: number;
  readonly location: { readonly file: string; readonly row: number; readonly col: number };
  /** What is written where the line's first expression stands. */
  readonly text: string;
}

/** The criteria in which rows are sorted, the largest first; those that were not asked for come behind, in this order. */
export const profileOrder = ["total_time_ns", "num_eval", "num_redo", "num_gen_expr", "file", "line"] as const;

export interface ProfileOptions {
  /** Names of `profileOrder`; others say nothing. */
  readonly sort?: readonly string[];
  /** How many rows; default 10, all when negative. */
  readonly limit?: number;
}

const defaultLimit = 10;

interface Line {
  time: number;
  evals: number;
  redos: number;
  /** Places of expressions in their bodies: as in OPA, those of different bodies count once. */
  readonly indexes: Set<number>;
  readonly loc: Location;
}

/** Follows an evaluation, and counts and times its expressions: from the event of one to that of the next. */
export class Profile implements Tracer {
  readonly #clock: () => number;
  readonly #lines = new Map<string, Line>();
  #current: Line | undefined;
  #since = 0;

  /** The clock tells milliseconds since some moment. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  begin(): void {
    this.#lines.clear();
    this.#current = undefined;
  }

  event({ op, node }: TraceEvent): void {
    if (node.kind !== "step" || (op !== "Eval" && op !== "Redo") || node.loc === undefined) return;
    this.#stop();
    const line = this.#lineAt(node.loc);
    line.indexes.add(node.step.index);
    if (op === "Eval") line.evals++;
    else line.redos++;
    this.#current = line;
    this.#since = this.#clock();
  }

  /** Call it when the evaluation has ended: the last expression is timed until then. */
  report({ sort = [], limit = defaultLimit }: ProfileOptions = {}): readonly ProfileRow[] {
    this.#stop();
    const rows = [...this.#lines.values()].map(rowOf);
    const criteria = new Set([...sort, ...profileOrder]);
    rows.sort((a, b) => {
      for (const each of criteria) {
        const order = compareBy(each, b, a);
        if (order !== 0) return order;
      }
      return 0;
    });
    return limit < 0 ? rows : rows.slice(0, limit);
  }

  #stop(): void {
    if (this.#current !== undefined) this.#current.time += this.#clock() - this.#since;
    this.#current = undefined;
  }

  #lineAt(loc: Location): Line {
    const key = `${loc.row} ${loc.file}`;
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    const line: Line = { time: 0, evals: 0, redos: 0, indexes: new Set(), loc };
    this.#lines.set(key, line);
    return line;
  }
}

function rowOf({ time, evals, redos, indexes, loc: { file, row, col, text } }: Line): ProfileRow {
  return {
    total_time_ns: Math.round(time * 1e6),
    num_eval: evals,
    num_redo: redos,
    num_gen_expr: indexes.size,
    location: { file, row, col },
    text,
  };
}

function compareBy(criterion: string, a: ProfileRow, b: ProfileRow): number {
  switch (criterion) {
    case "total_time_ns":
    case "num_eval":
    case "num_redo":
    case "num_gen_expr":
      return a[criterion] - b[criterion];
    case "file":
      return compareStrings(a.location.file, b.location.file);
    case "line":
      return a.location.row - b.location.row;
    default:
      return 0;
  }
}
