/** What a registry asks for with 401: RFC 9110, section 11.6.1. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: { readonly [name: string]: string };
}

/** The first challenge of `WWW-Authenticate`; undefined when it is none. */
export function parseChallenge(header: string): Challenge | undefined {
  const match = /^\s*([A-Za-z]+)(?:\s+(.*))?$/.exec(header);
  if (match === null) return undefined;
  const [, scheme = "", rest = ""] = match;
  const parameters: { [name: string]: string } = Object.create(null);
  for (const [, name = "", quoted, plain] of rest.matchAll(/([a-zA-Z_]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g))
    parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "";
  return { scheme: scheme.toLowerCase(), parameters };
}

/** Where a token for this challenge is had. Undefined when it asks for no token, or names no place. https://distribution.github.io/distribution/spec/auth/token/ */
export function tokenUrl({ scheme, parameters }: Challenge, repository: string): string | undefined {
  const { realm = "", service, scope = `repository:${repository}:pull` } = parameters;
  if (scheme !== "bearer" || !URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  url.searchParams.set("scope", scope);
  return url.href;
}
