/** A step of a mutator's `location`: into a field, or to the items of a list that have a key's value, or all. */
export type PathNode =
  | { readonly kind: "object"; readonly field: string }
  /** `value` undefined for `*`. */
  | { readonly kind: "list"; readonly key: string; readonly value: string | number | undefined };

export type Path = readonly PathNode[];

/** Why a location is none, in Gatekeeper's words. */
export class PathError extends Error {}

interface Token {
  readonly kind: "word" | "int" | "." | "[" | "]" | "*" | ":" | "end" | "error";
  readonly text: string;
}

/** Reads `spec.containers[name: main].image`. Throws `PathError`. https://open-policy-agent.github.io/gatekeeper/website/docs/mutation/#location */
export function parsePath(text: string): Path {
  const tokens = tokensOf(text);
  const path: PathNode[] = [];
  let at = 0;
  const next = (): Token => tokens[at++] as Token;
  const peek = (): Token => tokens[at] as Token;
  const expect = (what: string, ...kinds: readonly Token["kind"][]): Token => {
    if (!kinds.includes(peek().kind)) throw new PathError(`unexpected token: expected ${what}, got: ${shown(peek())}`);
    return next();
  };
  while (peek().kind === "word") {
    path.push({ kind: "object", field: next().text });
    if (peek().kind === "[") {
      next();
      const key = expect("keyField in listSpec", "word").text;
      expect(`':' following keyField ${key}`, ":");
      const value = expect("key value or glob in listSpec", "*", "word", "int");
      path.push({ kind: "list", key, value: keyValueOf(value) });
      expect("']' following listSpec", "]");
    }
    if (expect("'.' or eof", ".", "end").kind === "end") return path;
    if (peek().kind === "end") throw new PathError("trailing separators are forbidden");
  }
  expect("field name or eof", "end");
  return path;
}

function keyValueOf({ kind, text }: Token): string | number | undefined {
  if (kind === "*") return undefined;
  return kind === "int" ? Number(text) : text;
}

const names: { readonly [kind in Token["kind"]]: string } = {
  word: "IDENT",
  int: "INT",
  ".": "SEPARATOR",
  "[": "LBRACKET",
  "]": "RBRACKET",
  "*": "GLOB",
  ":": "COLON",
  end: "EOF",
  error: "ERROR",
};

function shown({ kind, text }: Token): string {
  return `${names[kind]}: ${JSON.stringify(text)}`;
}

/** Words in quotes may hold anything; `\` takes the next character as it is. */
function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = /\s*(?:(\d+)|([\w-]+)|"((?:\\[\s\S]|[^"\\])*)"|'((?:\\[\s\S]|[^'\\])*)'|([.[\]*:])|["'](.*)|(\S))/gsy;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const [, int, word, double, single, sign, open, other] = found;
    const quoted = double ?? single;
    if (int !== undefined) tokens.push({ kind: "int", text: int });
    else if (sign !== undefined) tokens.push({ kind: sign as "." | "[" | "]" | "*" | ":", text: sign });
    else if (quoted !== undefined) tokens.push({ kind: "word", text: quoted.replace(/\\([\s\S])/g, "$1") });
    else if (word !== undefined) tokens.push({ kind: "word", text: word });
    else tokens.push({ kind: "error", text: open ?? other ?? "" });
  }
  return [...tokens, { kind: "end", text: "" }];
}

export function pathText(path: Path): string {
  return path
    .map((node, i) => (node.kind === "object" ? `${i === 0 ? "" : "."}${wordText(node.field)}` : listText(node)))
    .join("");
}

function listText({ key, value }: Extract<PathNode, { kind: "list" }>): string {
  if (value === undefined) return `[${wordText(key)}: *]`;
  return `[${wordText(key)}: ${typeof value === "number" ? value : JSON.stringify(value)}]`;
}

function wordText(word: string): string {
  return /^[A-Za-z_-][\w-]*$/.test(word) ? word : JSON.stringify(word);
}
