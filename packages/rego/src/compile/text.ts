import { goQuote } from "../builtins/go-quote.ts";
import type { Body, Expr, Import, Ref, Term } from "../syntax/ast.ts";
import { isPlainKey } from "../syntax/keywords.ts";
import { isWildcard, nameOfRef } from "./names.ts";

/** A ref as OPA prints it in messages: `data.a["b c"][x]`. */
export function refText(ref: Ref): string {
  const [head, ...rest] = ref.terms as readonly [Term, ...Term[]];
  return termText(head) + rest.map(operandText).join("");
}

/** What a function is looked up by, as builtins are: `data.a.not.f`, also where a part is a keyword. */
export function functionName(ref: Ref): string {
  return nameOfRef(ref) ?? refText(ref);
}

function operandText(term: Term): string {
  if (term.kind === "string" && isPlainKey(term.value)) return `.${term.value}`;
  return `[${termText(term)}]`;
}

/** The keys of a ref below `data`, where all are texts. */
export function pathBelowData({ terms: [head, ...rest] }: Ref): readonly string[] | undefined {
  if (head?.kind !== "var" || head.name !== "data") return undefined;
  const path = rest.map((term) => (term.kind === "string" ? term.value : undefined));
  return path.every((key) => key !== undefined) ? path : undefined;
}

/** A path below `data` as a ref's text. */
export function pathText(path: readonly string[]): string {
  return `data${path.map((key) => (isPlainKey(key) ? `.${key}` : `[${goQuote(key)}]`)).join("")}`;
}

/** A term as OPA prints it. */
export function termText(term: Term): string {
  switch (term.kind) {
    case "null":
      return "null";
    case "boolean":
      return String(term.value);
    case "number":
      return term.text;
    case "string":
      return goQuote(term.value);
    case "var":
      return isWildcard(term.name) ? "_" : term.name;
    case "ref":
      return refText(term);
    case "array":
      return `[${term.items.map(termText).join(", ")}]`;
    case "set":
      return term.items.length === 0 ? "set()" : `{${term.items.map(termText).join(", ")}}`;
    case "object":
      return `{${term.entries.map(([key, value]) => `${termText(key)}: ${termText(value)}`).join(", ")}}`;
    case "call":
      return `${refText(term.operator)}(${term.args.map(termText).join(", ")})`;
    case "arraycomprehension":
      return `[${termText(term.term)} | ${bodyText(term.body)}]`;
    case "setcomprehension":
      return `{${termText(term.term)} | ${bodyText(term.body)}}`;
    case "objectcomprehension":
      return `{${termText(term.key)}: ${termText(term.value)} | ${bodyText(term.body)}}`;
    case "templatestring":
      return `$"${term.parts.map(templatePartText).join("")}"`;
  }
}

/** Constants in braces have become text. */
function templatePartText(part: Term | Expr): string {
  if (part.kind === "expr") return `{${exprText(part)}}`;
  return part.kind === "string" ? goQuote(part.value).slice(1, -1).replaceAll("{", "\\{") : termText(part);
}

/** A body as OPA prints it: operators other than equality as calls, `gt(x, 1)`. */
export function bodyText(body: Body): string {
  return body.map(exprText).join("; ");
}

function exprText(expr: Expr): string {
  const withs = expr.with.map(({ target, value }) => ` with ${termText(target)} as ${termText(value)}`).join("");
  return `${expr.negated ? "not " : ""}${termsText(expr)}${withs}`;
}

function termsText({ terms }: Expr): string {
  switch (terms.kind) {
    case "term":
      return termText(terms.term);
    case "some":
      return `some ${terms.symbols.map(symbolText).join(", ")}`;
    case "every": {
      const key = terms.key === undefined ? "" : `${termText(terms.key)}, `;
      return `every ${key}${termText(terms.value)} in ${termText(terms.domain)} { ${bodyText(terms.body)} }`;
    }
    case "not":
      return `not { ${bodyText(terms.body)} }`;
    case "and":
    case "or":
      return `{ ${bodyText(terms.left)} } ${terms.kind} { ${bodyText(terms.right)} }`;
    case "call": {
      const args = terms.args.map(termText);
      if (nameOfRef(terms.operator) === "eq" && args.length === 2) return `${args[0]} = ${args[1]}`;
      return `${refText(terms.operator)}(${args.join(", ")})`;
    }
  }
}

/** What `some` declares: a variable, or those that range over a collection. */
function symbolText(symbol: Term): string {
  if (symbol.kind !== "call") return termText(symbol);
  const names = symbol.args.map(termText);
  return `${names.slice(0, -1).join(", ")} in ${names.at(-1)}`;
}

export function importText({ path, alias }: Import): string {
  return `import ${refText(path)}${alias === undefined ? "" : ` as ${alias}`}`;
}
