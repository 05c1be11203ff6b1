/** A lexical unit of cel-spec's grammar. */
export interface Token {
  readonly kind: "ident" | "quoted" | "int" | "uint" | "float" | "string" | "bytes" | "sign" | "end" | "unknown";
  /** As written; of `quoted`, what stands between the back-ticks. */
  readonly text: string;
  readonly offset: number;
}

const blank = /(?:[ \t\r\n\f]+|\/\/[^\n]*)+/y;
const hex = "[0-9a-fA-F]";
const escaped = `\\\\(?:[abfnrtv"'\\\\?\`]|[0-3][0-7]{2}|[xX]${hex}{2}|u${hex}{4}|U${hex}{8})`;
const literalText = new RegExp(
  `[bB]?(?:"""(?:[^\\\\]|${escaped})*?"""|'''(?:[^\\\\]|${escaped})*?'''|"(?:[^"\\\\\n\r]|${escaped})*"|'(?:[^'\\\\\n\r]|${escaped})*')`,
  "y",
);
const rawText = /[bB]?[rR](?:"""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\n\r]*"|'[^'\n\r]*')/y;
const number =
  /0x[0-9a-fA-F]+[uU]?|(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)|[0-9]+[uU]?/y;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const quotedName = /`([A-Za-z0-9_.\-/ ]+)`/y;
const sign = /==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()[\]{}]/y;

/** What the reference lexer swallows as one: a text up to the letter that cannot be of it, and a sign with the letter after it. */
const begunEscape = `\\\\(?:[xX]${hex}?|[0-3][0-7]?|u${hex}{0,3}|U${hex}{0,7})?`;
const unterminated = new RegExp(
  `(?:"(?:[^"\\\\\n\r]|${escaped})*|'(?:[^'\\\\\n\r]|${escaped})*)(?:${begunEscape})?[\\s\\S]?|[=&|][^=&|]?`,
  "yu",
);

/** Cuts an expression into tokens; the last one is `end`. What is no token is `unknown`, one letter long. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  for (;;) {
    at += take(blank)?.length ?? 0;
    if (at >= text.length) break;
    const token = nextToken(take, text, at);
    tokens.push(token);
    at += token.kind === "quoted" ? token.text.length + 2 : token.text.length;
  }
  tokens.push({ kind: "end", text: "<EOF>", offset: at });
  return tokens;
}

function nextToken(take: (pattern: RegExp) => string | undefined, text: string, offset: number): Token {
  const string = take(rawText) ?? take(literalText);
  if (string !== undefined) return { kind: /^[bB]/.test(string) ? "bytes" : "string", text: string, offset };
  const digits = take(number);
  if (digits !== undefined) return { kind: numberKind(digits), text: digits, offset };
  const ident = take(name);
  if (ident !== undefined) return { kind: "ident", text: ident, offset };
  const quoted = take(quotedName);
  if (quoted !== undefined) return { kind: "quoted", text: quoted.slice(1, -1), offset };
  const operator = take(sign);
  if (operator !== undefined) return { kind: "sign", text: operator, offset };
  return {
    kind: "unknown",
    text: take(unterminated) ?? String.fromCodePoint(text.codePointAt(offset) as number),
    offset,
  };
}

function numberKind(digits: string): "int" | "uint" | "float" {
  if (/[uU]$/.test(digits)) return "uint";
  return digits.startsWith("0x") || /^[0-9]+$/.test(digits) ? "int" : "float";
}
