/** Between columns. */
const padding = 2;

/** Lines with tabs in columns, as Go's tabwriter fills them: a column is as wide as in all lines next to each other that have it. */
export function tabColumns(lines: readonly string[]): string {
  const rows = lines.map((line) => line.split("\t"));
  const widths = rows.map((cells) => cells.slice(0, -1).map((cell) => [...cell].length + padding));
  for (let column = 0; widths.some((row) => row.length > column); column++) levelColumn(widths, column);
  return rows.map((cells, i) => `${cells.map((cell, j) => cell.padEnd(widths[i]?.[j] ?? 0)).join("")}\n`).join("");
}

function levelColumn(widths: readonly number[][], column: number): void {
  let run: number[][] = [];
  for (const row of [...widths, []]) {
    if (row.length > column) {
      run.push(row);
      continue;
    }
    const width = Math.max(0, ...run.map((each) => each[column] as number));
    for (const each of run) each[column] = width;
    run = [];
  }
}
