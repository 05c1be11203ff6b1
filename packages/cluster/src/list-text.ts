/** The text of a list, taken apart without reading its items. */
export interface ListText {
  /** The list itself, with no items. */
  readonly list: string;
  /** The text of each item. */
  readonly items: readonly string[];
}

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket, comma, colon] = [...'"\\{}[],:'].map(
  (each) => each.charCodeAt(0),
) as [number, number, number, number, number, number, number, number];

const itemsKey = '"items"';

/**
 * Finds the items of a Kubernetes list in its JSON. A page that is parsed as a whole is old when its last object is looked at, and stays until
 * the whole heap is collected; what is parsed one by one is gone with the next collection of what is young. Undefined for what is no object
 * with a list of items, or no JSON as far as is looked at: then the text has to be parsed as it is.
 */
export function splitList(text: string): ListText | undefined {
  const start = startOfItems(text);
  if (start === undefined) return undefined;
  const items: string[] = [];
  let [depth, from] = [0, start];
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfText(text, at);
    else if (code === openBrace || code === openBracket) depth++;
    else if (depth > 0 && (code === closeBrace || code === closeBracket)) depth--;
    else if (depth === 0 && (code === comma || code === closeBracket)) {
      const item = text.slice(from, at);
      if (code === comma || items.length > 0 || item.trim() !== "") items.push(item);
      if (code === closeBracket) return { list: `${text.slice(0, start)}${text.slice(at)}`, items };
      from = at + 1;
    }
  }
  return undefined;
}

/** Behind the bracket that opens the items of the outermost object. */
function startOfItems(text: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === openBrace || code === openBracket) depth++;
    else if (code === closeBrace || code === closeBracket) depth--;
    else if (code === quote) {
      const end = endOfText(text, at);
      if (depth === 1 && text.startsWith(itemsKey, at)) {
        const value = valueBehind(text, end + 1);
        if (value !== undefined) return text.charCodeAt(value) === openBracket ? value + 1 : undefined;
      }
      at = end;
    }
  }
  return undefined;
}

/** Where the value of a key begins that ends before `at`; undefined where it was no key. */
function valueBehind(text: string, at: number): number | undefined {
  const separator = skipBlank(text, at);
  return text.charCodeAt(separator) === colon ? skipBlank(text, separator + 1) : undefined;
}

function skipBlank(text: string, from: number): number {
  let at = from;
  while (/[ \t\n\r]/.test(text.charAt(at))) at++;
  return at;
}

/** The place of the quote that ends the text which begins with one at `start`. */
function endOfText(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === backslash) escapes++;
    if (escapes % 2 === 0) return at;
  }
  return text.length;
}
