import { formatDiagnostic, RegoError } from "@sallyport/rego";
import { type Printable, Struct } from "../answers/json-text.ts";

/** A service that answered with a status that is none of a bundle. */
export class HttpStatusError extends Error {
  readonly status: number;
  /** `404 Not Found`. */
  readonly line: string;

  constructor(status: number, text: string) {
    super(`server replied with ${text}`);
    this.status = status;
    this.line = `${status} ${text}`.trimEnd();
  }
}

/** How it went with one bundle so far. https://www.openpolicyagent.org/docs/management-status#status-service-api */
export class BundleStatus {
  readonly name: string;
  revision = "";
  activated: string | undefined;
  type: "snapshot" | "delta" | undefined;
  size: number | undefined;
  downloaded: string | undefined;
  succeeded: string | undefined;
  requested: string | undefined;
  requestMs = 0;
  /** What there is to say though it went well. */
  message: string | undefined;
  #error: unknown;

  constructor(name: string) {
    this.name = name;
  }

  /** True since it was in force for the first time. */
  get isReady(): boolean {
    return this.activated !== undefined;
  }

  set error(error: unknown) {
    this.#error = error;
  }

  get error(): unknown {
    return this.#error;
  }

  json(): Struct {
    return new Struct({
      name: this.name,
      active_revision: this.revision || undefined,
      last_successful_activation: this.activated,
      type: this.type,
      size: this.size,
      last_successful_download: this.downloaded,
      last_successful_request: this.succeeded,
      last_request: this.requested,
      message: this.message,
      ...faultFields(this.#error),
      metrics: new Struct({ timer_bundle_request_ns: Math.round(this.requestMs * 1e6) }),
      http_code: this.#error instanceof HttpStatusError ? this.#error.status : undefined,
    });
  }
}

function faultFields(error: unknown): { readonly [name: string]: Printable | undefined } {
  if (error === undefined) return {};
  if (!(error instanceof RegoError)) return { code: "bundle_error", message: (error as Error).message };
  const errors = error.diagnostics.map(({ code, message, loc }) => {
    const location = loc && new Struct({ file: loc.file, row: loc.row, col: loc.col });
    return new Struct({ code, message, location });
  });
  return { code: "bundle_error", message: "error(s) occurred while compiling module(s)", errors };
}

/** One line of what went wrong. */
export function bundleFault(error: unknown): string {
  if (!(error instanceof RegoError)) return (error as Error).message;
  const lines = error.diagnostics.map(formatDiagnostic);
  return lines.length === 1 ? `1 error occurred: ${lines[0]}` : `${lines.length} errors occurred:\n${lines.join("\n")}`;
}
