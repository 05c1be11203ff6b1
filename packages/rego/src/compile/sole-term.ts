import type { Ref, Term } from "../syntax/ast.ts";
import { type ParseOptions, parseQuery } from "../syntax/parser.ts";
import { bodyText, termText } from "./text.ts";

/** A text that is a body, but no single term. */
export class SoleTermError extends Error {}

/** The only term of a text, as OPA reads the values of its flags: as a body. Throws `RegoError` and `SoleTermError`. */
export function parseSoleTerm(text: string, options: ParseOptions = {}): Term {
  if (text.trim() === "") throw new SoleTermError("expected exactly one term but got: ");
  const body = parseQuery(text, options);
  const [expr] = body;
  if (expr === undefined || body.length > 1)
    throw new SoleTermError(`expected exactly one term but got: ${bodyText(body)}`);
  const { terms } = expr;
  if (terms.kind === "term") return terms.term;
  const shown = terms.kind === "call" ? [terms.operator, ...terms.args].map(termText).join(" ") : bodyText(body);
  throw new SoleTermError(`expected term but got [${shown}]`);
}

/** A document that partial evaluation keeps, as OPA reads it. Throws `RegoError`, and `SoleTermError` with its words. */
export function parseInliningRef(text: string): Ref {
  let term: Term;
  try {
    term = parseSoleTerm(text);
  } catch (error) {
    throw error instanceof SoleTermError ? new SoleTermError(`failed to parse ref: ${error.message}`) : error;
  }
  if (term.kind === "ref" && term.terms.length > 1) return term;
  throw new SoleTermError(`expected ref but got ${term.loc.text}`);
}
