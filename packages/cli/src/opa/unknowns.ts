import { diagnosticsText, parseInliningRef, parseSoleTerm, type Ref, RegoError, SoleTermError } from "@sallyport/rego";
import { UsageFault } from "./command.ts";
import type { Flags } from "./flags.ts";
import { LoadError } from "./read-data.ts";

/** What is unknown must be a ref. As in OPA, only the first that is not all of `input` is looked at here. Throws `UsageFault`. */
export function checkUnknowns(flags: Flags): void {
  const text = flags.list("unknowns").find((each) => each !== "input");
  if (text === undefined || isRef(text)) return;
  throw new UsageFault("illegal argument with --unknowns, specify string with one or more --unknowns");
}

function isRef(text: string): boolean {
  try {
    return parseSoleTerm(text).kind === "ref" || isDocument(text);
  } catch (error) {
    if (error instanceof SoleTermError) throw new UsageFault(error.message);
    if (error instanceof RegoError) throw new UsageFault(`failed to parse term: ${diagnosticsText(error.diagnostics)}`);
    throw error;
  }
}

/** A ref of `input` or `data`, or below them; undefined for another term. Throws `RegoError` and `SoleTermError`. */
function documentRef(text: string): Ref | undefined {
  const term = parseSoleTerm(text);
  const ref: Ref = term.kind === "ref" ? term : { kind: "ref", loc: term.loc, terms: [term] };
  const [head] = ref.terms;
  return head?.kind === "var" && (head.name === "input" || head.name === "data") ? ref : undefined;
}

/** True for a ref of `input` or `data`, or below them. */
export function isDocument(text: string): boolean {
  try {
    return documentRef(text) !== undefined;
  } catch (error) {
    if (error instanceof RegoError || error instanceof SoleTermError) return false;
    throw error;
  }
}

/** A document that partial evaluation keeps. Throws `RegoError` and `LoadError`. */
export function inliningRef(text: string): Ref {
  try {
    return parseInliningRef(text);
  } catch (error) {
    throw error instanceof SoleTermError ? new LoadError(error.message) : error;
  }
}
