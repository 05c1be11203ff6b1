import type { Call } from "./call.ts";

/*
 * Reads Envoy's RBAC as its documentation says (https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/rbac/v3/rbac.proto), for what
 * Istio generates of AuthorizationPolicies: nothing here knows of those.
 */

// biome-ignore lint/suspicious/noExplicitAny: protobuf messages as JSON
type Message = any;

/** One policy of an RBAC filter: any permission and any principal. */
export interface EnvoyPolicy {
  readonly permissions: readonly Message[];
  readonly principals: readonly Message[];
}

/** The questions of each alternative: those of `andRules` and `andIds`, `any` left out. */
export function questionsOf(alternatives: readonly Message[]): readonly (readonly Message[])[] {
  return alternatives.map((each) =>
    (each.andRules?.rules ?? each.andIds?.ids ?? [each]).filter((question: Message) => question.any !== true),
  );
}

/** Whether a permission or a principal matches. */
export function envoyMatches(message: Message, call: Call): boolean {
  const [kind = "", value] = Object.entries<Message>(message)[0] ?? [];
  switch (kind) {
    case "any":
      return value === true;
    case "andRules":
      return value.rules.every((each: Message) => envoyMatches(each, call));
    case "andIds":
      return value.ids.every((each: Message) => envoyMatches(each, call));
    case "orRules":
      return value.rules.some((each: Message) => envoyMatches(each, call));
    case "orIds":
      return value.ids.some((each: Message) => envoyMatches(each, call));
    case "notRule":
    case "notId":
      return !envoyMatches(value, call);
    case "authenticated":
      return call.source.principal !== undefined && text(value.principalName, `spiffe://${call.source.principal}`);
    case "directRemoteIp":
      return isWithin(call.source.ip, value);
    case "remoteIp":
      return isWithin(call.http?.headers["x-forwarded-for"] ?? call.source.ip, value);
    case "destinationIp":
      return isWithin(call.destination.ip, value);
    case "destinationPort":
      return call.destination.port === value;
    case "requestedServerName":
      return text(value, call.serverName ?? "");
    case "header":
      return header(value, call);
    case "urlPath":
      return text(value.path, call.http?.path ?? "");
    case "uriTemplate":
      return template(value.typedConfig.pathTemplate, call.http?.path ?? "");
    case "metadata":
      return metadata(value, call);
    default:
      throw new Error(`a matcher that is not known here: ${kind}`);
  }
}

function text({ exact, prefix, suffix, safeRegex, ignoreCase }: Message, value: string): boolean {
  const [a, b] =
    ignoreCase === true
      ? [(exact ?? prefix ?? suffix)?.toLowerCase(), value.toLowerCase()]
      : [exact ?? prefix ?? suffix, value];
  if (exact !== undefined) return a === b;
  if (prefix !== undefined) return b.startsWith(a);
  if (suffix !== undefined) return b.endsWith(a);
  if (safeRegex !== undefined) return new RegExp(`^(?:${safeRegex.regex})$`).test(value);
  throw new Error("a matcher of texts that is not known here");
}

function header({ name, presentMatch, stringMatch }: Message, { http }: Call): boolean {
  const own: { readonly [name: string]: string | undefined } = { ":method": http?.method, ":authority": http?.host };
  const value = own[name] ?? http?.headers[name.toLowerCase()];
  if (value === undefined) return false;
  return presentMatch === true || text(stringMatch, value);
}

function template(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  const from = (i: number, j: number): boolean => {
    if (i === wanted.length) return j === given.length;
    if (wanted[i] === "**") return given.some((_, rest) => rest >= j && from(i + 1, rest + 1));
    if (j >= given.length) return false;
    return (wanted[i] === "*" ? given[j] !== "" : wanted[i] === given[j]) && from(i + 1, j + 1);
  };
  return from(0, 0);
}

/** Of the filter that verifies tokens: the claims. Of others there is none. */
function metadata({ filter, path, value }: Message, { http }: Call): boolean {
  if (filter !== "envoy.filters.http.jwt_authn") return false;
  const claim = path.slice(1).reduce((at: Message, { key }: Message) => at?.[key], http?.claims);
  return claim !== undefined && values(value, claim);
}

function values({ stringMatch, orMatch, listMatch }: Message, claim: Message): boolean {
  if (orMatch !== undefined) return orMatch.valueMatchers.some((each: Message) => values(each, claim));
  if (listMatch !== undefined) return Array.isArray(claim) && claim.some((each) => values(listMatch.oneOf, each));
  return typeof claim === "string" && text(stringMatch, claim);
}

function isWithin(ip: string, { addressPrefix, prefixLen }: Message): boolean {
  const bits = (address: string) =>
    address
      .split(".")
      .map((each) => Number(each).toString(2).padStart(8, "0"))
      .join("");
  return bits(ip).slice(0, prefixLen) === bits(addressPrefix).slice(0, prefixLen);
}
