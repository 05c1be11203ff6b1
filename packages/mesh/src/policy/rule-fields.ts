import { addressMatch } from "./address-match.ts";
import type { CallFacts } from "./call-facts.ts";
import { RuleFault } from "./rule-fault.ts";
import { globMatch, headerMatch, hostMatch, pathMatch, type TextMatch, textMatch } from "./string-match.ts";

/** Whether a call is meant by one value of a field. */
export type Match = (facts: CallFacts) => boolean;

/** Something a rule may ask of a call. */
export interface RuleField {
  /** Such a field cannot be asked of a connection. */
  readonly isHttp: boolean;
  /** Whether the same connection may be answered differently for each of its requests, though it can be asked of a connection. */
  readonly isOfRequest?: boolean;
  /** Trust domains in its values stand for their aliases: as parts of principals, or alone. */
  readonly aliases?: "principals" | "domains";
  /** Throws a line for a value that cannot be used. `namespace` is the policy's. */
  match(value: string, namespace: string): Match;
}

const tcp = { isHttp: false };
const http = { isHttp: true };

const principals: RuleField = { ...tcp, aliases: "principals", match: (value) => ofPrincipal(textMatch(value)) };
const namespaces: RuleField = { ...tcp, match: namespaceMatch };
const serviceAccounts: RuleField = { ...tcp, match: (value, namespace) => serviceAccountMatch(value, namespace) };
const trustDomains: RuleField = { ...tcp, aliases: "domains", match: trustDomainMatch };
const sourceIp: RuleField = { ...tcp, match: (value) => ofAddress(value, (facts) => facts.source) };
const remoteIp: RuleField = { ...tcp, isOfRequest: true, match: (value) => ofAddress(value, (facts) => facts.remote) };
const destinationIp: RuleField = { ...tcp, match: (value) => ofAddress(value, (facts) => facts.destination) };
const ports: RuleField = { ...tcp, match: portMatch };
const requestPrincipals: RuleField = { ...http, match: requestPrincipalMatch };
const hosts: RuleField = { ...http, match: (value) => ofHeader(":authority", hostMatch(value)) };
const methods: RuleField = { ...http, match: (value) => ofHeader(":method", headerMatch(value)) };
const paths: RuleField = { ...http, match: requestPathMatch };

/** Of `from.source`, in the order in which Istio asks. */
export const sourceFields: { readonly [name: string]: RuleField } = {
  principals,
  requestPrincipals,
  serviceAccounts,
  trustDomains,
  namespaces,
  remoteIpBlocks: remoteIp,
  ipBlocks: sourceIp,
};

/** Of `to.operation`, in the order in which Istio asks. */
export const operationFields: { readonly [name: string]: RuleField } = { hosts, methods, paths, ports };

/** Of the conditions about who calls; others are about what is called. None for a key that Istio does not know. */
export function conditionField(key: string): RuleField | undefined {
  const known = Object.hasOwn(conditions, key) ? conditions[key] : undefined;
  if (known !== undefined) return known;
  if (key.startsWith("request.headers")) return headerField(key.slice("request.headers".length));
  if (key.startsWith("request.auth.claims")) return claimField(key.slice("request.auth.claims".length));
  return key.startsWith("experimental.envoy.filters.") ? envoyMetadata : undefined;
}

const conditions: { readonly [key: string]: RuleField } = {
  "destination.ip": destinationIp,
  "destination.port": ports,
  "connection.sni": { ...tcp, match: serverNameMatch },
  "source.ip": sourceIp,
  "remote.ip": remoteIp,
  "source.namespace": namespaces,
  "source.trustDomain": trustDomains,
  "source.serviceAccount": serviceAccounts,
  "source.principal": principals,
  "request.auth.principal": requestPrincipals,
  "request.auth.audiences": { ...http, match: (value) => ofClaim(["aud"], textMatch(value)) },
  "request.auth.presenter": { ...http, match: (value) => ofClaim(["azp"], textMatch(value)) },
};

/** Metadata of Envoy's filters: this mesh has none, as Envoy has none of a filter that is not there. */
const envoyMetadata: RuleField = { ...tcp, match: () => () => false };

function ofPrincipal(matches: TextMatch): Match {
  return ({ principal }) => principal !== undefined && matches(principal);
}

/** Anywhere in the SPIFFE ID, as Istio looks for it: also where the trust domain itself is `ns`. */
function namespaceMatch(value: string): Match {
  const matches = globMatch(`*/ns/${value}/*`);
  return ofPrincipal((principal) => matches(`/${principal}`));
}

function ofAddress(value: string, read: (facts: CallFacts) => readonly number[] | undefined): Match {
  const matches = addressMatch(value);
  return (facts) => matches(read(facts));
}

function ofHeader(name: string, matches: TextMatch): Match {
  return (facts) => {
    const value = facts.header(name);
    return value !== undefined && matches(value);
  };
}

function ofClaim(path: readonly string[], matches: TextMatch): Match {
  return (facts) => facts.claim(path).some(matches);
}

function requestPathMatch(value: string): Match {
  const matches = pathMatch(value);
  return ({ call }) => call.http !== undefined && matches(call.http.path);
}

function serverNameMatch(value: string): Match {
  const matches = textMatch(value);
  return ({ call }) => matches(call.serverName ?? "");
}

/** `NAME`, of the policy's namespace, or `NAMESPACE/NAME`; an identity may have more parts between and behind. */
function serviceAccountMatch(value: string, policyNamespace: string): Match {
  const slash = value.indexOf("/");
  const namespace = slash < 0 ? policyNamespace : value.slice(0, slash);
  const start = `/ns/${namespace}/`;
  const account = `sa/${value.slice(slash + 1)}`;
  return ofPrincipal((principal) => {
    for (let at = principal.indexOf(start, 1); at > 0; at = principal.indexOf(start, at + 1)) {
      const rest = principal.slice(at + start.length);
      if (rest === account || rest.startsWith(`${account}/`) || rest.endsWith(`/${account}`)) return true;
      if (rest.includes(`/${account}/`)) return true;
    }
    return false;
  });
}

function trustDomainMatch(value: string): Match {
  if (value === "*") return ({ principal }) => principal !== undefined;
  const matches = globMatch(value);
  return ofPrincipal((principal) => principal.includes("/") && matches(principal.slice(0, principal.indexOf("/"))));
}

function portMatch(value: string): Match {
  const port = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(port <= 65535)) throw new RuleFault(`invalid port ${value}`);
  return ({ call }) => call.destination.port === port;
}

/** `ISSUER/SUBJECT`; the issuer may have slashes. */
function requestPrincipalMatch(value: string): Match {
  const slash = value.lastIndexOf("/");
  const issuer = slash < 0 ? value : value.slice(0, slash);
  const subject = slash < 0 ? "" : value.slice(slash + 1);
  const [ofIssuer, ofSubject] = issuerAndSubject(value, slash >= 0, issuer, subject);
  return (facts) => facts.claim(["iss"]).some(ofIssuer) && facts.claim(["sub"]).some(ofSubject);
}

function issuerAndSubject(
  value: string,
  isFound: boolean,
  issuer: string,
  subject: string,
): readonly [TextMatch, TextMatch] {
  const any = textMatch("*");
  const same =
    (wanted: string): TextMatch =>
    (text) =>
      text === wanted;
  if (value === "*") return [any, any];
  if (value.startsWith("*")) return isFound ? [textMatch(issuer), same(subject)] : [any, textMatch(value)];
  if (value.endsWith("*")) return isFound ? [same(issuer), textMatch(subject)] : [textMatch(value), any];
  return [same(issuer), same(subject)];
}

function headerField(brackets: string): RuleField {
  const match = (value: string) => ofHeader(inBrackets(brackets).toLowerCase(), headerMatch(value));
  return { ...http, match };
}

/** `[a]`, or `[a][b]` for a claim within a claim. */
function claimField(brackets: string): RuleField {
  const nested = /^(\[[^[\]]*\])+$/.test(brackets);
  const pathOf = () => (nested ? brackets.slice(1, -1).split("][") : [inBrackets(brackets)]);
  return { ...http, match: (value) => ofClaim(pathOf(), textMatch(value)) };
}

function inBrackets(text: string): string {
  if (!text.startsWith("[") || !text.endsWith("]")) throw new RuleFault(`expecting format [<NAME>], but found ${text}`);
  return text.slice(1, -1);
}
