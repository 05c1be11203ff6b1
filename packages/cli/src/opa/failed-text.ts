import type { FailedExpression, FailedValue } from "@sallyport/rego";

/** Longer values are cut. */
const maxValueLength = 64;

/**
 * An expression with the values of its parts below them, each on a line of its own, the rightmost first; by their names, where tabs before
 * parts in several lines leave no place that all see alike.
 */
export function failedText({ file, row, lines, values }: FailedExpression): string {
  const isByName =
    values.some(({ before }) => before.includes("\t")) && new Set(values.map((each) => each.row)).size > 1;
  const below = isByName ? valuesByName(values) : valuesBelow(values);
  return [
    `${file}:${row}:`,
    ...[...lines, ...below].flatMap((text) => text.split("\n")).map((line) => `  ${line}`),
  ].join("\n");
}

function valuesByName(values: readonly FailedValue[]): readonly string[] {
  const sorted = values.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return ["", "Where:", "", ...sorted.map(({ name, text }) => `${name}: ${cut(text)}`)];
}

function valuesBelow(values: readonly FailedValue[]): readonly string[] {
  const sorted = values.toSorted(
    (a, b) => a.before.length - b.before.length || a.row - b.row || (a.name < b.name ? 1 : -1),
  );
  const columns = columnsOf(sorted);
  const bars = columns.length === 0 ? [] : [barsBefore(columns, columns.length)];
  return [
    ...bars,
    ...columns.flatMap((column, i) => column.map((value) => valueLine(columns, i, value)).reverse()).reverse(),
  ];
}

function cut(text: string): string {
  return text.length <= maxValueLength ? text : `${text.slice(0, maxValueLength - 3)}...`;
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
  return bars + before.slice(bars.length) + (isAlone ? cut(text) : `${name}: ${cut(text)}`);
}

/** A bar for each of the first columns. */
function barsBefore(columns: readonly (readonly FailedValue[])[], count: number): string {
  return columns.slice(0, count).reduce((line, [first]) => `${line}${(first?.before ?? "").slice(line.length)}|`, "");
}
