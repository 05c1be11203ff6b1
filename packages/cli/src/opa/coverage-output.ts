import { type Printable, Struct } from "@sallyport/opa/answers";
import type { CoverageReport, CoveredRange } from "@sallyport/rego";

/** A report in the order of OPA's fields. */
export function coverageJson({ files, ...totals }: CoverageReport): Struct {
  const byName = Object.fromEntries(
    Object.entries(files).map(([name, { covered, not_covered, ...rest }]) => [
      name,
      new Struct({ covered: covered?.map(rangeJson), not_covered: not_covered?.map(rangeJson), ...rest }),
    ]),
  );
  return new Struct({ files: byName as unknown as Printable, ...totals });
}

function rangeJson({ start, end }: CoveredRange): Struct {
  return new Struct({ start: new Struct({ ...start }), end: new Struct({ ...end }) });
}

/** What OPA says of a coverage that is less than the threshold, in percent; undefined when it is enough. */
export function thresholdFault(report: CoverageReport, threshold: number, verbose: boolean): string | undefined {
  if (report.coverage >= threshold) return undefined;
  const fault = `Code coverage threshold not met: got ${report.coverage.toFixed(2)} instead of ${threshold.toFixed(2)}\n`;
  return verbose ? `${fault}Lines not covered:\n${missedText(report)}` : fault;
}

function missedText({ files }: CoverageReport): string {
  return Object.entries(files)
    .flatMap(([file, { not_covered: missed = [] }]) => blocksOf(missed).map((block) => `\t${file}:${block}\n`))
    .join("");
}

/** Lines that follow each other, as `3-5`. */
function blocksOf(ranges: readonly CoveredRange[]): readonly string[] {
  const rows = new Set<number>();
  for (const { start, end } of ranges) for (let row = start.row; row <= end.row; row++) rows.add(row);
  const blocks: { first: number; last: number }[] = [];
  for (const row of [...rows].sort((a, b) => a - b)) {
    const block = blocks.at(-1);
    if (block !== undefined && block.last === row - 1) block.last = row;
    else blocks.push({ first: row, last: row });
  }
  return blocks.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`));
}
