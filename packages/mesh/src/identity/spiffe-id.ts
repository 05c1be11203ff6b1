/** Who a workload is: https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md. */
export interface SpiffeId {
  readonly trustDomain: string;
  /** Begins with a slash; empty where the ID is that of a trust domain. */
  readonly path: string;
}

/** A text that is no SPIFFE ID; says which rule it breaks. */
export class SpiffeIdError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SpiffeIdError";
  }
}

const scheme = "spiffe://";

/** Section 2.3: longer ones need not be understood by anybody. */
const maxIdBytes = 2048;
/** RFC 3986's limit of a host. */
const maxTrustDomainBytes = 255;

/** Throws `SpiffeIdError`. What is answered, written again, is the same text: there is one way to write an ID. */
export function parseSpiffeId(text: string): SpiffeId {
  if (!text.startsWith(scheme)) fail(text, `expected ${scheme}TRUST-DOMAIN/PATH`);
  if (Buffer.byteLength(text) > maxIdBytes) fail(`${text.slice(0, 80)}…`, `longer than ${maxIdBytes} bytes`);
  const slash = text.indexOf("/", scheme.length);
  const trustDomain = slash === -1 ? text.slice(scheme.length) : text.slice(scheme.length, slash);
  const path = slash === -1 ? "" : text.slice(slash);
  const fault = trustDomainFault(trustDomain) ?? pathFault(path);
  if (fault !== undefined) fail(text, fault);
  return { trustDomain, path };
}

/** Throws `SpiffeIdError` for parts that are none of an ID. */
export function formatSpiffeId({ trustDomain, path }: SpiffeId): string {
  const text = `${scheme}${trustDomain}${path}`;
  const parsed = parseSpiffeId(text);
  if (parsed.trustDomain !== trustDomain) fail(text, `the trust domain ${trustDomain} has a slash`);
  return text;
}

/** Why a text is no trust domain's name; undefined for one. */
export function trustDomainFault(name: string): string | undefined {
  if (name === "") return "the trust domain is empty";
  if (name.length > maxTrustDomainBytes) return `the trust domain is longer than ${maxTrustDomainBytes} bytes`;
  if (/[?#]/.test(name)) return "a query or fragment is not allowed";
  if (name.includes("@")) return "a user before the trust domain is not allowed";
  if (name.includes(":")) return "a port is not allowed";
  const [wrong] = /[^a-z0-9._-]/u.exec(name) ?? [];
  return wrong === undefined
    ? undefined
    : `the trust domain has ${JSON.stringify(wrong)}: lower-case letters, digits, dots, dashes and underscores are allowed`;
}

function pathFault(path: string): string | undefined {
  if (path === "") return undefined;
  if (/[?#]/.test(path)) return "a query or fragment is not allowed";
  if (path.endsWith("/")) return "the path ends with a slash";
  for (const segment of path.slice(1).split("/")) {
    if (segment === "") return "the path has an empty segment";
    if (segment === "." || segment === "..") return `the path has the segment ${segment}`;
    const [wrong] = /[^A-Za-z0-9._-]/u.exec(segment) ?? [];
    if (wrong !== undefined)
      return `the path has ${JSON.stringify(wrong)}: letters, digits, dots, dashes and underscores are allowed`;
  }
  return undefined;
}

/** The ID of a service account, as Istio writes it. Throws `SpiffeIdError`. */
export function serviceAccountId(trustDomain: string, namespace: string, name: string): string {
  for (const part of [namespace, name])
    if (part.includes("/")) fail(`${namespace}/${name}`, "a namespace or service account has a slash");
  return formatSpiffeId({ trustDomain, path: `/ns/${namespace}/sa/${name}` });
}

function fail(text: string, fault: string): never {
  throw new SpiffeIdError(`${text}: ${fault}`);
}
