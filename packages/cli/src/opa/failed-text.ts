import type { FailedExpression, FailedValue } from "@sallyport/rego";

/** An expression with the values of its parts below them, each on a line of its own, the rightmost first. */
export function failedText({ file, row, lines, values }: FailedExpression): string {
  const columns = columnsOf(values);
  const bars = columns.length === 0 ? [] : [barsBefore(columns, columns.length)];
  const below = columns.flatMap((column, i) => column.map((value) => valueLine(columns, i, value)).reverse()).reverse();
  return [`${file}:${row}:`, ...[...lines, ...bars, ...below].map((line) => `  ${line}`)].join("\n");
}

/** Values that begin at the same place are one column. */
function columnsOf(values: readonly FailedValue[]): readonly (readonly FailedValue[])[] {
  const columns: FailedValue[][] = [];
  for (const value of values) {
    const last = columns.at(-1);
    if (last?.[0]?.before.length === value.before.length) last.push(value);
    else columns.push([value]);
  }
  return columns;
}

function valueLine(
  columns: readonly (readonly FailedValue[])[],
  at: number,
  { before, name, text }: FailedValue,
): string {
  const isAlone = columns[at]?.length === 1;
  const bars = barsBefore(columns, at);
  return bars + before.slice(bars.length) + (isAlone ? text : `${name}: ${text}`);
}

/** A bar for each of the first columns. */
function barsBefore(columns: readonly (readonly FailedValue[])[], count: number): string {
  return columns.slice(0, count).reduce((line, [first]) => `${line}${(first?.before ?? "").slice(line.length)}|`, "");
}
