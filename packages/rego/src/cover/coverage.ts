import { walkExprs, walkExprsOfTerm } from "../compile/walk.ts";
import type { Expr, Location, Module, Rule } from "../syntax/ast.ts";
import type { TraceEvent, Tracer } from "../topdown/trace.ts";
import { compareStrings } from "../value/string-order.ts";

/** What OPA's `--coverage` prints, as JSON. */
export interface CoverageReport {
  readonly files: { readonly [file: string]: FileCoverage };
  readonly covered_lines: number;
  readonly not_covered_lines: number;
  /** Percent. */
  readonly coverage: number;
}

/** What is empty or zero is left out. */
export interface FileCoverage {
  readonly covered?: readonly CoveredRange[];
  readonly not_covered?: readonly CoveredRange[];
  readonly covered_lines?: number;
  readonly not_covered_lines?: number;
  readonly coverage?: number;
}

/** The end is behind the last character; columns count code points. */
export interface CoveredRange {
  readonly start: Position;
  readonly end: Position;
}

export interface Position {
  readonly row: number;
  readonly col: number;
}

/** A module with the file that its report is about. */
export interface CoverableModule {
  readonly file: string;
  readonly module: Module;
}

/** Follows evaluations, and tells which expressions were evaluated and which rules have held. */
export class Coverage implements Tracer {
  /** By file, then by text of the range. */
  readonly #hits = new Map<string, Map<string, CoveredRange>>();

  event({ op, node }: TraceEvent): void {
    if (op === "Eval" && node.kind === "step") this.#hit(node.loc);
    if (op === "Exit" && node.kind === "rule") this.#hit(node.rule.head.loc);
  }

  #hit(loc: Location | undefined): void {
    if (loc === undefined || loc.file === "") return;
    let ranges = this.#hits.get(loc.file);
    if (ranges === undefined) this.#hits.set(loc.file, (ranges = new Map()));
    const key = keyOf(loc);
    if (!ranges.has(key)) ranges.set(key, rangeOf(loc));
  }

  /** Of everything that was evaluated, and of what was not in some modules. */
  report(modules: readonly CoverableModule[]): CoverageReport {
    const missed = new Map(modules.map(({ file, module }) => [file, this.#missed(module)]));
    const files: { [file: string]: FileCoverage } = {};
    let coveredLines = 0;
    let missedLines = 0;
    for (const name of [...new Set([...this.#hits.keys(), ...missed.keys()])].sort(compareStrings)) {
      const file = fileReport(sorted(this.#hits.get(name)?.values() ?? []), missed.get(name) ?? []);
      files[name] = file;
      coveredLines += file.covered_lines ?? 0;
      missedLines += file.not_covered_lines ?? 0;
    }
    const coverage = percent(coveredLines, missedLines);
    return { files, covered_lines: coveredLines, not_covered_lines: missedLines, coverage };
  }

  #missed(module: Module): readonly CoveredRange[] {
    const hits = this.#hits.get(module.file);
    const missed = new Map<string, CoveredRange>();
    visitCoverable(module, (loc) => {
      const key = keyOf(loc);
      if (hits?.has(key) === true) return true;
      if (!missed.has(key)) missed.set(key, rangeOf(loc));
      return false;
    });
    return sorted(missed.values());
  }
}

function fileReport(covered: readonly CoveredRange[], missed: readonly CoveredRange[]): FileCoverage {
  const [coveredLines, missedLines] = [linesOf(covered), linesOf(missed)];
  return {
    ...(covered.length > 0 && { covered }),
    ...(missed.length > 0 && { not_covered: missed }),
    ...(coveredLines > 0 && { covered_lines: coveredLines }),
    ...(missedLines > 0 && { not_covered_lines: missedLines }),
    ...(coveredLines > 0 && { coverage: percent(coveredLines, missedLines) }),
  };
}

/** The heads and expressions of a module as parsed; what lies within a rule or an expression that is covered is not looked at. */
function visitCoverable({ rules }: Module, isCovered: (loc: Location) => boolean): void {
  const visitExpr = ({ terms, loc }: Expr): boolean => terms.kind === "some" || !isCovered(loc);
  const visit = ({ head, body, else: otherwise }: Rule): void => {
    if (!isCovered(head.loc)) {
      walkExprs(body, visitExpr);
      for (const term of [head.key, head.value]) if (term !== undefined) walkExprsOfTerm(term, visitExpr);
    }
    if (otherwise !== undefined) visit(otherwise);
  };
  for (const rule of rules) visit(rule);
}

function keyOf({ offset, end }: Location): string {
  return `${offset} ${end}`;
}

function rangeOf({ row, col, text }: Location): CoveredRange {
  const lines = text.split("\n");
  const last = [...(lines.at(-1) as string)].length;
  const end = lines.length === 1 ? { row, col: col + last } : { row: row + lines.length - 1, col: last + 1 };
  return { start: { row, col }, end };
}

function sorted(ranges: Iterable<CoveredRange>): readonly CoveredRange[] {
  return [...ranges].sort((a, b) => comparePositions(a.start, b.start) || comparePositions(a.end, b.end));
}

function comparePositions(a: Position, b: Position): number {
  return a.row - b.row || a.col - b.col;
}

function linesOf(ranges: readonly CoveredRange[]): number {
  const rows = new Set<number>();
  for (const { start, end } of ranges) for (let row = start.row; row <= end.row; row++) rows.add(row);
  return rows.size;
}

function percent(covered: number, missed: number): number {
  return covered + missed === 0 ? 0 : (100 * covered) / (covered + missed);
}
