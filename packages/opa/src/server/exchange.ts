import type { Value } from "@sallyport/rego";
import { goJsonLine, type Printable } from "../answers/json-text.ts";

/** A request as it came in, whoever took it. */
export interface ServerRequest {
  readonly method: string;
  /** As it was sent: percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** By lower-case name, all values of each. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Which request it is of all that the process was sent. */
  readonly id?: number;
  /** `127.0.0.1:50000`; `@` for a socket without a name. */
  readonly clientAddress?: string;
  /** The name that its client has shown, `--authentication`. */
  readonly identity?: string | undefined;
  /** The chain that its client has shown, as `crypto.x509.parse_certificates` gives it. */
  readonly clientCertificates?: Value;
  /** Reads the body, decompressed; the same each time. Throws `ApiError` for one that is too large or cut off. */
  readonly body: () => Promise<Uint8Array>;
}

/** What is sent back. */
export interface ServerAnswer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

/** JSON in one line, or indented where the client asked for `pretty`. */
export function jsonAnswer(request: ServerRequest, value: Printable, status: number = 200): ServerAnswer {
  return jsonText(status, goJsonLine(value, isOn(request, "pretty") ? "  " : ""));
}

export function jsonText(status: number, body: string): ServerAnswer {
  return { status, headers: { "Content-Type": "application/json" }, body };
}

export const noContent: ServerAnswer = { status: 204, headers: {}, body: "" };

/** A parameter is on without a value or with `true`: `?pretty`, `?pretty=true`. */
export function isOn({ query }: ServerRequest, name: string): boolean {
  return query.getAll(name).some((value) => value === "" || value.toLowerCase() === "true");
}

/** The first value of a header. */
export function headerOf({ headers }: ServerRequest, name: string): string | undefined {
  return headers.get(name)?.[0];
}
