import { BuiltinError } from "./builtin.ts";
import { goQuote } from "./go-quote.ts";

/** What a header that is to be signed says of a name: a text, nothing, or something that is no text. */
export type HeaderField =
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "missing" }
  | { readonly kind: "other"; readonly type: string };

type Node =
  | { readonly kind: "object"; readonly members: readonly (readonly [string, Node])[] }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "array" | "number" | "null" | "true" | "false" };

/**
 * The header of a token that is to be signed, as the lenient JSON parser of Go's jwx reads it: numbers are not looked
 * at closely, and of equal names the first counts.
 */
export class HeaderJson {
  readonly #members: readonly (readonly [string, Node])[];

  private constructor(root: Node) {
    this.#members = root.kind === "object" ? root.members : [];
  }

  /** Throws `BuiltinError` in the words of that parser. */
  static parse(text: string): HeaderJson {
    const parser = new LenientParser(text);
    const root = parser.root();
    return new HeaderJson(root);
  }

  field(name: string): HeaderField {
    const node = this.#members.find(([each]) => each === name)?.[1];
    if (node === undefined) return { kind: "missing" };
    return node.kind === "string" ? node : { kind: "other", type: node.kind };
  }
}

const maxDepth = 300;

/** The longest tail that a message shows whole. */
const maxTail = 80;

class LenientParser {
  #rest: string;

  constructor(text: string) {
    this.#rest = text;
  }

  root(): Node {
    this.#skipBlanks();
    let node: Node;
    try {
      node = this.#value(0);
    } catch (error) {
      if (!(error instanceof BuiltinError)) throw error;
      throw new BuiltinError(`cannot parse JSON: ${error.message}; unparsed tail: ${goQuote(shortened(this.#rest))}`);
    }
    this.#skipBlanks();
    if (this.#rest !== "") throw new BuiltinError(`unexpected tail: ${goQuote(shortened(this.#rest))}`);
    return node;
  }

  #value(depth: number): Node {
    if (this.#rest === "") throw new BuiltinError("cannot parse empty string");
    if (depth === maxDepth) throw new BuiltinError(`too big depth for the nested JSON; it exceeds ${maxDepth}`);
    switch (this.#rest.charAt(0)) {
      case "{":
        return within("object", () => this.#object(depth + 1));
      case "[":
        return within("array", () => this.#array(depth + 1));
      case '"':
        return within("string", () => ({ kind: "string", text: this.#string() }));
      case "t":
        return this.#literal("true");
      case "f":
        return this.#literal("false");
      case "n":
        return this.#literal("null");
      default:
        return within("number", () => this.#number());
    }
  }

  #object(depth: number): Node {
    const members: (readonly [string, Node])[] = [];
    this.#take(1);
    this.#skipBlanks();
    if (this.#rest === "") throw new BuiltinError("missing '}'");
    for (let isFirst = true; ; isFirst = false) {
      this.#skipBlanks();
      if (isFirst && this.#took("}")) return { kind: "object", members };
      if (!this.#rest.startsWith('"')) throw new BuiltinError(`cannot find opening '"" for object key`);
      const key = within("object key", () => this.#string());
      this.#skipBlanks();
      if (!this.#took(":")) throw new BuiltinError("missing ':' after object key");
      this.#skipBlanks();
      members.push([key, within("object value", () => this.#value(depth))]);
      if (this.#ends("object", "}")) return { kind: "object", members };
    }
  }

  #array(depth: number): Node {
    this.#take(1);
    this.#skipBlanks();
    if (this.#rest === "") throw new BuiltinError("missing ']'");
    if (this.#took("]")) return { kind: "array" };
    do {
      this.#skipBlanks();
      within("array value", () => this.#value(depth));
    } while (!this.#ends("array", "]"));
    return { kind: "array" };
  }

  #ends(kind: string, close: string): boolean {
    this.#skipBlanks();
    if (this.#rest === "") throw new BuiltinError(`unexpected end of ${kind}`);
    if (this.#took(",")) return false;
    if (!this.#took(close)) throw new BuiltinError(`missing ',' after ${kind} value`);
    return true;
  }

  #string(): string {
    const found = /^"((?:[^"\\]|\\.)*)"/s.exec(this.#rest);
    if (found === null) {
      this.#rest = "";
      throw new BuiltinError("missing closing '\"'");
    }
    this.#take(found[0].length);
    return unescaped(found[1] as string);
  }

  #literal(literal: "true" | "false" | "null"): Node {
    if (!this.#rest.startsWith(literal)) throw new BuiltinError(`unexpected value found: ${goQuote(this.#rest)}`);
    this.#take(literal.length);
    return { kind: literal };
  }

  #number(): Node {
    const found = /^(?:[-+]?(?:inf|nan)|[-+]?[0-9.eE][-+0-9.eE]*|[-+]{2}[-+0-9.eE]*|[-+]$)/i.exec(this.#rest);
    if (found === null) throw new BuiltinError(`unexpected char: ${firstByte(this.#rest)}`);
    this.#take(found[0].length);
    return { kind: "number" };
  }

  #skipBlanks(): void {
    this.#rest = this.#rest.replace(/^[ \t\r\n]+/, "");
  }

  #took(char: string): boolean {
    if (!this.#rest.startsWith(char)) return false;
    this.#take(char.length);
    return true;
  }

  #take(length: number): void {
    this.#rest = this.#rest.slice(length);
  }
}

function within<Result>(what: string, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof BuiltinError)) throw error;
    throw new BuiltinError(`cannot parse ${what}: ${error.message}`);
  }
}

/** Escapes that are none stay as they are. */
function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g, (_all, code: string | undefined, char: string) =>
    code === undefined ? (JSON.parse(`"\\${char}"`) as string) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

function shortened(text: string): string {
  return text.length <= maxTail ? text : `${text.slice(0, maxTail / 2)}...${text.slice(-maxTail / 2)}`;
}

/** Go takes one byte, in quotes: of a character of several bytes it is none by itself. */
function firstByte(text: string): string {
  const [byte = 0] = new TextEncoder().encode(text.slice(0, 2));
  return byte < 0x80 ? goQuote(text.charAt(0)) : `"\\x${byte.toString(16)}"`;
}
