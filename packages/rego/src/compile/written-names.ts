import type { Ref } from "../syntax/ast.ts";
import type { LocalNames } from "./local-names.ts";
import { mapAll, mapExpr, mapTerm, type Rewriter } from "./rewriter.ts";

/** A ref with the author's names for its variables, also in the closures within it: for messages. */
export function withWrittenNames(ref: Ref, names: LocalNames): Ref {
  const written: Rewriter = {
    term: (term) => (term.kind === "var" ? { ...term, name: names.original(term.name) } : mapTerm(term, written)),
    body: (body) => mapAll(body, (expr) => mapExpr(expr, written)),
  };
  return written.term(ref) as Ref;
}
