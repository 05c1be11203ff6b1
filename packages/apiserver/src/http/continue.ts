import { jsonSyntaxFault, StatusError } from "@sallyport/kube";

/** Where a list goes on: at a key, relative to what is listed, as of a revision; of whatever is newest where that is undefined. */
export interface Continue {
  readonly revision: number | undefined;
  readonly start: string;
}

const version = "meta.k8s.io/v1";

/** kube-apiserver's own form: the first key that is not yet told, which is the last told one with a zero byte behind it. */
export function writeContinue(revision: number, after: string): string {
  return written(revision, `/${after}\0`);
}

function written(revision: number, start: string): string {
  return Buffer.from(JSON.stringify({ v: version, rv: revision, start })).toString("base64url");
}

/** Undefined for no token. Throws `BadRequest` for a malformed one. */
export function readContinue(text: string): Continue | undefined {
  if (text === "") return undefined;
  const fault = base64Fault(text);
  if (fault !== undefined) throw refused(`illegal base64 data at input byte ${fault}`);
  const { v, rv, start } = parsed(Buffer.from(text, "base64url"));
  if (v !== version) throw refused(`server does not recognize this encoded version ${v}`);
  if (rv === 0) throw refused(`incorrect encoded start resourceVersion (version ${v})`);
  if (start === "") throw refused(`encoded start key empty (version ${v})`);
  const key = start.startsWith("/") ? start : `/${start}`;
  if (!isClean(key)) throw refused(start);
  return { revision: rv < 0 ? undefined : rv, start: key.slice(1) };
}

/** Where a token is no base64; line breaks do not count, as in Go. */
function base64Fault(text: string): number | undefined {
  const bad = /[^A-Za-z0-9_\r\n-]/.exec(text)?.index;
  if (bad !== undefined) return bad;
  return text.replace(/[\r\n]/g, "").length % 4 === 1 ? text.length - 1 : undefined;
}

/** What path.Clean of Go leaves as it is. */
function isClean(key: string): boolean {
  return (
    key === "/" ||
    !key
      .slice(1)
      .split("/")
      .some((part) => part === "" || part === "." || part === "..")
  );
}

/** The list of a token is forgotten: what is newest goes on where it stood. */
export function expiredContinue({ start }: Continue): StatusError {
  return new StatusError(
    "Expired",
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    undefined,
    undefined,
    { continue: written(-1, start) },
  );
}

function refused(why: string): StatusError {
  return new StatusError("BadRequest", `invalid continue token: continue key is not valid: ${why}`);
}

const types: { readonly [field: string]: string } = { v: "string", rv: "int64", start: "string" };

/** As encoding/json reads it: names of fields in any case, the last one counts, null says nothing. */
function parsed(bytes: Buffer): { readonly v: string; readonly rv: number; readonly start: string } {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw refused(jsonSyntaxFault(bytes));
  }
  if (typeof value !== "object" || Array.isArray(value))
    throw refused(`json: cannot unmarshal ${goTypeOf(value)} into Go value of type storage.continueToken`);
  const found = { v: "", rv: 0, start: "" };
  for (const [given, item] of Object.entries(value ?? {})) {
    const field = given.toLowerCase();
    const type = types[field];
    if (type === undefined || item === null) continue;
    const isRight = type === "string" ? typeof item === "string" : Number.isSafeInteger(item);
    if (!isRight) {
      const got = typeof item === "number" && type === "int64" ? `number ${item}` : goTypeOf(item);
      throw refused(`json: cannot unmarshal ${got} into Go struct field continueToken.${field} of type ${type}`);
    }
    Object.assign(found, { [field]: item });
  }
  return found;
}

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}
