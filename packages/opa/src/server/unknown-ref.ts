import { diagnosticsText, parseSoleTerm, type Ref, RegoError, SoleTermError } from "@sallyport/rego";
import { badRequest } from "./api-error.ts";

/** A document that is unknown, `input.fruits`. Throws `ApiError`. */
export function unknownRef(text: string): Ref {
  const doing = "error(s) occurred while parsing unknowns: ";
  try {
    const term = parseSoleTerm(text);
    if (term.kind === "ref") return term;
    return { kind: "ref", loc: term.loc, terms: [term] };
  } catch (error) {
    if (error instanceof SoleTermError) throw badRequest(`${doing}${error.message}`);
    if (error instanceof RegoError)
      throw badRequest(`${doing}failed to parse term: ${diagnosticsText(error.diagnostics)}`);
    throw error;
  }
}
