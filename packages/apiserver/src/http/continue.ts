import { jsonSyntaxFault, StatusError } from "@sallyport/kube";

/** Where a list goes on: behind a key, relative to what is listed, as of a revision. */
export interface Continue {
  readonly revision: number;
  readonly after: string;
}

const version = "meta.k8s.io/v1";

/** kube-apiserver's own form: the first key that is not yet told, which is the last told one with a zero byte behind it. */
export function writeContinue({ revision, after }: Continue): string {
  return Buffer.from(JSON.stringify({ v: version, rv: revision, start: `${after}\0` })).toString("base64url");
}

/** Undefined for no token. Throws `BadRequest` for a malformed one. */
export function readContinue(text: string): Continue | undefined {
  if (text === "") return undefined;
  const refuse = (why: string) => new StatusError("BadRequest", `invalid continue token: ${why}`);
  const bad = /[^A-Za-z0-9_-]/.exec(text)?.index ?? (text.length % 4 === 1 ? text.length - 1 : undefined);
  if (bad !== undefined) throw refuse(`continue key is not valid: illegal base64 data at input byte ${bad}`);
  const bytes = Buffer.from(text, "base64url");
  const { v = "", rv = 0, start = "" } = parsed(bytes, refuse);
  if (v !== version) throw refuse(`continue key is not valid: server does not recognize this encoded version ${v}`);
  if (rv === 0) throw refuse(`continue key is not valid: incorrect encoded start resourceVersion (version ${v})`);
  if (start === "") throw refuse(`continue key is not valid: encoded start key empty (version ${v})`);
  if (start.split("/").includes("..")) throw refuse(`continue key is not valid: ${start}`);
  return { revision: rv, after: start.endsWith("\0") ? start.slice(0, -1) : start };
}

function parsed(
  bytes: Buffer,
  refuse: (why: string) => StatusError,
): { readonly v?: string; readonly rv?: number; readonly start?: string } {
  try {
    return JSON.parse(bytes.toString("utf8")) as { readonly v?: string; readonly rv?: number; readonly start?: string };
  } catch {
    throw refuse(`continue key is not valid: ${jsonSyntaxFault(bytes)}`);
  }
}
