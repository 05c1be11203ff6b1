import { StatusError } from "@sallyport/kube";
import type { DecodedBody, WriteContext } from "./context.ts";

/** Refuses or warns of keys of a body that stand twice, and of fields that are unknown, as the client asked. Throws `BadRequest`. */
export function tellStrictFaults(body: DecodedBody, unknown: readonly string[], context: WriteContext): void {
  const { info, fieldValidation, warn } = context;
  if (fieldValidation === "Ignore") return;
  const { strictText } = body;
  const isOrdered = info.custom === undefined && body.keys !== undefined;
  const faults = isOrdered ? inDocumentOrder(body, unknown) : [...body.strictErrors, ...unknown];
  if (faults.length === 0) return;
  if (fieldValidation === "Warn") {
    for (const fault of faults) warn(fault);
    return;
  }
  const told = strictText === undefined ? faults : [strictText, ...unknown];
  const why = `cannot be handled as a ${info.kind}: strict decoding error: ${told.join(", ")}`;
  throw new StatusError("BadRequest", `${info.kind} in version "${info.version}" ${why}`);
}

/** Faults as one who reads the text finds them; what lies in an unknown field is not looked at. */
function inDocumentOrder({ strictErrors, keys = [] }: DecodedBody, unknown: readonly string[]): readonly string[] {
  const [strange, twice] = [new Set(unknown), new Set(strictErrors)];
  const found = new Set<string>();
  const seen = new Set<string>();
  let inside = "";
  for (const path of keys) {
    if (inside !== "" && (path === inside || (/^[.[]/.test(path.slice(inside.length)) && path.startsWith(inside))))
      continue;
    const [unknownField, duplicate] = [`unknown field "${path}"`, `duplicate field "${path}"`];
    inside = strange.has(unknownField) ? path : "";
    if (inside !== "") found.add(unknownField);
    else if (seen.has(path) && twice.has(duplicate)) found.add(duplicate);
    seen.add(path);
  }
  return [...new Set([...found, ...unknown])];
}
