import { BuiltinError } from "./builtin.ts";

/** A glob taken apart, as github.com/gobwas/glob reads it. */
export type GlobPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "any" | "super" | "single" }
  | { readonly kind: "class"; readonly negated: boolean; readonly body: string }
  | { readonly kind: "alternatives"; readonly choices: readonly (readonly GlobPart[])[] };

/** `*`, `**`, `?`, `[abc]`, `[!a-z]`, `{x,y}`, and `\` before any of them. Throws on unbalanced ones. */
export function globParts(pattern: string): readonly GlobPart[] {
  const { parts, at } = readParts(pattern, 0, false);
  if (at < pattern.length) throw new BuiltinError(`unexpected token: ${pattern[at]}`);
  return parts;
}

function readParts(pattern: string, start: number, inside: boolean): { parts: GlobPart[]; at: number } {
  const parts: GlobPart[] = [];
  let at = start;
  while (at < pattern.length) {
    const char = pattern[at] as string;
    if (inside && (char === "," || char === "}")) break;
    if (char === "*") {
      const isSuper = pattern[at + 1] === "*";
      parts.push({ kind: isSuper ? "super" : "any" });
      at += isSuper ? 2 : 1;
    } else if (char === "?") {
      parts.push({ kind: "single" });
      at++;
    } else if (char === "[") {
      const end = pattern.indexOf("]", at + 2);
      if (end < 0) throw new BuiltinError("unexpected end of input");
      const negated = pattern[at + 1] === "!";
      parts.push({ kind: "class", negated, body: pattern.slice(at + (negated ? 2 : 1), end) });
      at = end + 1;
    } else if (char === "{") {
      const read = readAlternatives(pattern, at + 1);
      parts.push({ kind: "alternatives", choices: read.choices });
      at = read.at;
    } else {
      const escaped = char === "\\" && at + 1 < pattern.length;
      parts.push({ kind: "text", text: escaped ? (pattern[at + 1] as string) : char });
      at += escaped ? 2 : 1;
    }
  }
  return { parts, at };
}

function readAlternatives(pattern: string, start: number): { choices: GlobPart[][]; at: number } {
  const choices: GlobPart[][] = [];
  let at = start;
  for (;;) {
    const read = readParts(pattern, at, true);
    choices.push(read.parts);
    at = read.at;
    if (at >= pattern.length) throw new BuiltinError("unexpected end of input");
    if (pattern[at++] === "}") return { choices, at };
  }
}

/** The same as an RE2 pattern. `*` and `?` stop at separators, `**` does not. */
export function globPattern(parts: readonly GlobPart[], separators: readonly string[]): string {
  const inside = separators.length === 0 ? "(?s:.)" : `[^${separators.map(escapeInClass).join("")}]`;
  const write = (each: readonly GlobPart[]): string => each.map((part) => writePart(part, inside, write)).join("");
  return `\\A(?:${write(parts)})\\z`;
}

function writePart(part: GlobPart, inside: string, write: (parts: readonly GlobPart[]) => string): string {
  switch (part.kind) {
    case "text":
      return part.text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");
    case "any":
      return `${inside}*`;
    case "super":
      return "(?s:.*)";
    case "single":
      return inside;
    case "class":
      return `[${part.negated ? "^" : ""}${escapeClass(part.body)}]`;
    case "alternatives":
      return `(?:${part.choices.map(write).join("|")})`;
  }
}

function escapeInClass(text: string): string {
  return text.replace(/[\\\]^-]/g, "\\$&");
}

/** A single range stays one; everything else is a list of characters. */
function escapeClass(body: string): string {
  return /^.-.$/su.test(body) ? body.replace(/[\\\]^]/g, "\\$&") : escapeInClass(body);
}
