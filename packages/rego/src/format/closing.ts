import type { Location } from "../syntax/ast.ts";

/** No row: all comments come behind it. */
const none = -1;

/** The row of the bracket that closes the first `open` in a node's text; brackets of the `skip` kind are passed first, as arguments of a head. */
export function closingRow(loc: Location, open: string, close: string, skip = ""): number {
  const { text, row } = loc;
  const [from, skipped] = skip === "" ? [0, 0] : passed(text, skip[0] as string, skip[1] as string);
  const start = text.indexOf(open, from);
  if (start < 0) return none;
  const [end, lines] = passed(text, open, close, start);
  return end < text.length ? row + skipped + lines : none;
}

/** The offset of the closing bracket, and the line breaks between the two; the text's length when there is none. */
function passed(text: string, open: string, close: string, from = 0): readonly [number, number] {
  const start = text.indexOf(open, from);
  if (start < 0) return [text.length, 0];
  let depth = 1;
  let lines = 0;
  let at = start;
  while (depth > 0 && ++at < text.length) {
    if (text[at] === open) depth++;
    else if (text[at] === close) depth--;
    else if (text[at] === "\n") lines++;
  }
  return [at, lines];
}
