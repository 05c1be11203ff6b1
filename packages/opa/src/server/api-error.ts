import { diagnosticsText, EvaluationError, RegoError, StoreError } from "@sallyport/rego";
import { diagnosticJson, evaluationErrorJson } from "../answers/error-json.ts";
import { goJsonLine, type Printable, Struct } from "../answers/json-text.ts";
import { jsonText, type ServerAnswer } from "./exchange.ts";

/** OPA's codes. https://www.openpolicyagent.org/docs/rest-api#errors */
export type ApiErrorCode =
  | "internal_error"
  | "evaluation_error"
  | "unauthorized"
  | "invalid_parameter"
  | "invalid_operation"
  | "resource_not_found"
  | "resource_conflict"
  | "undefined_document";

/** A request that cannot be answered; what it carries is what the client is told. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: ApiErrorCode;
  readonly errors: readonly Struct[];

  constructor(status: number, code: ApiErrorCode, message: string, errors: readonly Struct[] = []) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, "invalid_parameter", message);
}

/** Errors are always indented. */
export function errorAnswer({ status, code, message, errors }: ApiError): ServerAnswer {
  const body = new Struct({ code, message, errors: errors.length === 0 ? undefined : errors });
  return jsonText(status, goJsonLine(body));
}

/** What of modules or queries does not parse or compile; `doing` says which. */
export function compileError(error: RegoError, doing: string): ApiError {
  const errors = error.diagnostics.map((each) => codeFirst(diagnosticJson(each)));
  return new ApiError(400, "invalid_parameter", `error(s) occurred while ${doing}`, errors);
}

/** What a handler threw, as the client is told; undefined for faults of our own. */
export function apiErrorOf(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  if (error instanceof StoreError) return storeError(error);
  if (error instanceof RegoError) return new ApiError(500, "internal_error", diagnosticsText(error.diagnostics));
  if (error instanceof EvaluationError)
    return new ApiError(500, "internal_error", "error(s) occurred while evaluating query", [
      codeFirst(evaluationErrorJson(error)),
    ]);
  return undefined;
}

function storeError({ code, message }: StoreError): ApiError {
  const text = `${code}: ${message}`;
  if (code === "storage_not_found_error") return new ApiError(404, "resource_not_found", text);
  if (code === "storage_write_conflict_error") return new ApiError(404, "resource_conflict", text);
  return badRequest(text);
}

/** The API names the code before the message, the command line behind it. */
export function codeFirst({ fields }: Struct): Struct {
  const { message, code, ...rest } = Object.fromEntries(fields) as { readonly [name: string]: Printable };
  return new Struct({ code, message, ...rest });
}
