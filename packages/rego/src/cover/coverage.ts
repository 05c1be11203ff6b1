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

  /** Of all modules together. */
  report(modules: readonly Module[]): CoverageReport {
    const files: { [file: string]: FileCoverage } = {};
    let covered = 0;
    let missed = 0;
    for (const module of modules.toSorted((a, b) => compareStrings(a.file, b.file))) {
      const file = this.#fileReport(module);
      if (file === undefined) continue;
      files[module.file] = file;
      covered += file.covered_lines ?? 0;
      missed += file.not_covered_lines ?? 0;
    }
    return { files, covered_lines: covered, not_covered_lines: missed, coverage: percent(covered, missed) };
  }

  #fileReport(module: Module): FileCoverage | undefined {
    const hits = this.#hits.get(module.file) ?? new Map<string, CoveredRange>();
    const missed = new Map<string, CoveredRange>();
    visitCoverable(module, (loc) => {
      const key = keyOf(loc);
      if (hits.has(key)) return true;
      if (!missed.has(key)) missed.set(key, rangeOf(loc));
      return false;
    });
    const covered = sorted(hits.values());
    const notCovered = sorted(missed.values());
    const [coveredLines, missedLines] = [linesOf(covered), linesOf(notCovered)];
    return {
      ...(covered.length > 0 && { covered }),
      ...(notCovered.length > 0 && { not_covered: notCovered }),
      ...(coveredLines > 0 && { covered_lines: coveredLines }),
      ...(missedLines > 0 && { not_covered_lines: missedLines }),
      ...(coveredLines > 0 && { coverage: percent(coveredLines, missedLines) }),
    };
  }
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
