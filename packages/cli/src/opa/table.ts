/** Columns that a text takes on a terminal: East Asian wide characters and emoji take two, marks none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const char of text) {
    if (/\p{M}|\p{Cf}|\p{Cc}/u.test(char)) continue;
    width += isWide(char.codePointAt(0) as number) ? 2 : 1;
  }
  return width;
}

/** Blocks of wide characters. https://www.unicode.org/reports/tr11/ */
const wideBlocks: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

function isWide(point: number): boolean {
  return wideBlocks.some(([first, last]) => point >= first && point <= last);
}

/** A table as OPA draws it: headers in the middle, cells to the left (columns in `right` to the right). */
export function tableText(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set(),
): string {
  const widths = header.map((head, i) =>
    Math.max(displayWidth(head), ...rows.map((row) => displayWidth(row[i] ?? ""))),
  );
  const rule = (left: string, middle: string, end: string) =>
    `${left}${widths.map((width) => "─".repeat(width + 2)).join(middle)}${end}\n`;
  const line = (cells: readonly string[], place: (cell: string, width: number, column: number) => string) =>
    `│${widths.map((width, i) => ` ${place(cells[i] ?? "", width, i)} `).join("│")}│\n`;
  return [
    rule("┌", "┬", "┐"),
    line(header, centered),
    rule("├", "┼", "┤"),
    ...rows.map((row) => line(row, (cell, width, i) => padded(cell, width, right.has(i)))),
    rule("└", "┴", "┘"),
  ].join("");
}

function centered(text: string, width: number): string {
  const space = width - displayWidth(text);
  const left = Math.floor(space / 2);
  return " ".repeat(left) + text + " ".repeat(space - left);
}

function padded(text: string, width: number, isRight: boolean): string {
  const space = " ".repeat(width - displayWidth(text));
  return isRight ? space + text : text + space;
}

/** The first bytes of a text, with dots where it went on; all of it for a limit that is not positive. */
export function cutText(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  return limit <= 0 || bytes.length <= limit ? text : `${bytes.subarray(0, limit).toString()}...`;
}
