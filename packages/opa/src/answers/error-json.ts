import type { Diagnostic, EvaluationError } from "@sallyport/rego";
import { printableAst } from "./ast-printable.ts";
import { Struct } from "./json-text.ts";

/** A fault of a policy as OPA's JSON has it on the command line; the REST API names the code first. */
export function diagnosticJson({ code, message, loc, line, typeDetails }: Diagnostic): Struct {
  const location = loc && new Struct({ file: loc.file, row: loc.row, col: loc.col });
  const structure = typeDetails && printableAst(typeDetails);
  return new Struct({
    message,
    code,
    location,
    details: line === undefined ? structure : new Struct({ line: line.text, idx: line.index }),
  });
}

/** An error of an evaluation; the place is left out where it is not known. */
export function evaluationErrorJson({ code, message, place }: EvaluationError): Struct {
  const { name = "", row = 0, col = 0 } = place ?? {};
  return new Struct({ message, code, location: row === 0 ? undefined : new Struct({ file: name, row, col }) });
}
