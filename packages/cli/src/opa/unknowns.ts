import { RegoError } from "@sallyport/rego";
import { UsageFault } from "./command.ts";
import type { Flags } from "./flags.ts";
import { parseRef } from "./query-request.ts";

/** What is unknown must be refs below `input` or `data`. Throws `UsageFault`. */
export function checkUnknowns(flags: Flags): void {
  const unknowns = flags.list("unknowns");
  if (unknowns.some((text) => text.trim() === "")) throw new UsageFault("expected exactly one term but got: ");
  if (!unknowns.every(isDocument))
    throw new UsageFault("illegal argument with --unknowns, specify string with one or more --unknowns");
}

/** True for a ref of `input` or `data`, or below them. */
export function isDocument(text: string): boolean {
  try {
    const [head] = parseRef(text).terms;
    return head?.kind === "var" && (head.name === "input" || head.name === "data");
  } catch (error) {
    if (error instanceof RegoError) return false;
    throw error;
  }
}
