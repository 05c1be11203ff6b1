import {
  aggregate,
  aggregateMetrics,
  goDuration,
  goFloat,
  type Metrics,
  type Printable,
  Struct,
} from "@sallyport/opa/answers";
import type { CoverageReport, ProfileRow } from "@sallyport/rego";
import { cutText, tableText } from "./table.ts";

/** Timers as a table, values cut at a limit; of several runs their distributions. */
export function metricsTable(runs: readonly Metrics[], limit = 0): string {
  const [only] = runs;
  if (runs.length === 1 && only !== undefined)
    return tableText(
      ["Metric", "Value"],
      only.rows().map(([name, value]) => [name, cutText(value, limit)]),
    );
  const rows = aggregateMetrics(runs).map(([name, values]) => {
    const { min, max, mean, percentile } = aggregate(values);
    return [name, String(min), String(max), ...[mean, percentile(0.9), percentile(0.99)].map(goFloat)];
  });
  return tableText(["Metric", "Min", "Max", "Mean", "90%", "99%"], rows);
}

/** One row of several profiles of the same query. */
interface CommonRow {
  readonly row: ProfileRow;
  readonly times: readonly number[];
}

/** Expressions of a profile as a table; those of the query by their text. */
export function profileTable(runs: readonly (readonly ProfileRow[])[]): string {
  const [only] = runs;
  if (runs.length === 1 && only !== undefined) {
    const rows = only.map((row) => [goDuration(row.total_time_ns), ...countsOf(row)]);
    return tableText(["Time", "Num Eval", "Num Redo", "Num Gen Expr", "Location"], rows);
  }
  const rows = commonRows(runs).map(({ row, times }) => {
    const { min, max, mean, percentile } = aggregate(times);
    const shown = [min, max, mean, percentile(0.9), percentile(0.99)];
    return [...shown.map((time) => goDuration(Math.floor(time))), ...countsOf(row)];
  });
  return tableText(["Min", "Max", "Mean", "90%", "99%", "Num Eval", "Num Redo", "Num Gen Expr", "Location"], rows);
}

function countsOf({ num_eval, num_redo, num_gen_expr, location: { file, row }, text }: ProfileRow): string[] {
  const place = file === "" ? text : `${file}:${row}`;
  return [String(num_eval), String(num_redo), String(num_gen_expr), place];
}

function commonRows(runs: readonly (readonly ProfileRow[])[]): readonly CommonRow[] {
  const keyOf = ({ location: { file, row } }: ProfileRow) => `${row} ${file}`;
  return (runs[0] ?? []).map((row) => ({
    row,
    times: runs.flatMap((run) => run.filter((other) => keyOf(other) === keyOf(row)).map((each) => each.total_time_ns)),
  }));
}

/** A profile's rows as JSON. */
export function profileJson(rows: readonly ProfileRow[]): Printable {
  return rows.map(({ total_time_ns, ...row }) => new Struct({ total_time_ns, ...rowJson(row) }));
}

/** The rows of several profiles as JSON, with the distribution of their times. */
export function aggregateProfileJson(runs: readonly (readonly ProfileRow[])[]): Printable {
  return commonRows(runs).map(
    ({ row, times }) => new Struct({ total_time_ns_stats: aggregate(times).json(), ...rowJson(row) }),
  );
}

function rowJson({ num_eval, num_redo, num_gen_expr, location }: Omit<ProfileRow, "total_time_ns" | "text">) {
  return { num_eval, num_redo, num_gen_expr, location: new Struct(location) };
}

/** How much of the policies was evaluated. */
export function coverageTable({ coverage }: CoverageReport): string {
  const share = coverage.toFixed(2);
  const line = "─".repeat(share.length + 2);
  return `┌──────────────────┬${line}┐\n│ Overall Coverage │ ${share} │\n└──────────────────┴${line}┘\n`;
}

/** A coverage report as JSON: what is empty or zero is left out. */
export function coverageJson({ files, ...totals }: CoverageReport): Struct {
  const ranges = (list: readonly { readonly start: object; readonly end: object }[] | undefined) =>
    list?.map(({ start, end }) => new Struct({ start: new Struct({ ...start }), end: new Struct({ ...end }) }));
  const entries = Object.entries(files).map(([name, { covered, not_covered, ...counts }]) => [
    name,
    new Struct({ covered: ranges(covered), not_covered: ranges(not_covered), ...counts }),
  ]);
  return new Struct({ files: new Struct(Object.fromEntries(entries)), ...totals });
}
