import type { AuthorizationPolicy, Condition, Rule } from "./authorization-policy.ts";
import type { Call } from "./call.ts";
import type { PeerAuthentication } from "./peer-authentication.ts";
import type { MeshSettings, Workload } from "./workload.ts";

/*
 * A second evaluator, written from Istio's documentation of its ambient mode and from nothing of this folder: PeerAuthentications
 * become policies that deny who has no principal, and all policies are read as they stand for each call, with regular expressions
 * and addresses in binary digits. Tests hold the first one against it.
 */

/** Whether a server takes a call: `mutual` in the call is that a principal is there. */
export function ambientAdmits(
  workload: Workload,
  peers: readonly PeerAuthentication[],
  policies: readonly AuthorizationPolicy[],
  mesh: MeshSettings,
  call: Call,
): boolean {
  const converted = strictAsDeny(workload, peers, mesh);
  const reached = policies.filter(
    ({ metadata, spec }) =>
      [mesh.rootNamespace, workload.namespace].includes(metadata.namespace ?? "") &&
      isSubset(spec?.selector?.matchLabels, workload.labels),
  );
  const enforced = reached.filter(({ metadata }) => metadata.annotations?.["istio.io/dry-run"] !== "true");
  const matching = (action: string) =>
    enforced
      .filter(({ spec }) => (spec?.action ?? "ALLOW") === action)
      .map((policy) =>
        (policy.spec?.rules ?? []).some((rule) => rule !== null && ruleMatches(rule, policy, mesh, call)),
      );
  if (converted(call) || matching("CUSTOM").includes(true) || matching("DENY").includes(true)) return false;
  const allow = matching("ALLOW");
  return allow.length === 0 || allow.includes(true);
}

/** STRICT is "deny unless a principal is present", of all ports but those with a word of their own, and of those. */
function strictAsDeny(workload: Workload, peers: readonly PeerAuthentication[], mesh: MeshSettings) {
  const oldest = (wanted: (peer: PeerAuthentication) => boolean) =>
    peers
      .filter(wanted)
      .toSorted((a, b) => keyOf(a).localeCompare(keyOf(b), "en"))
      .at(0);
  const labels = (peer: PeerAuthentication) => peer.spec?.selector?.matchLabels ?? {};
  const isBare = (peer: PeerAuthentication) => Object.keys(labels(peer)).length === 0;
  const isIn = (peer: PeerAuthentication, namespace: string) => peer.metadata.namespace === namespace;
  const own = oldest(
    (peer) =>
      isIn(peer, workload.namespace) &&
      workload.namespace !== mesh.rootNamespace &&
      !isBare(peer) &&
      isSubset(labels(peer), workload.labels),
  );
  const near = oldest(
    (peer) => isIn(peer, workload.namespace) && workload.namespace !== mesh.rootNamespace && isBare(peer),
  );
  const far = oldest((peer) => isIn(peer, mesh.rootNamespace) && isBare(peer));
  const modes = [own, near, far].map((peer) => peer?.spec?.mtls?.mode ?? "UNSET");
  const isStrict = modes.find((mode) => mode !== "UNSET") === "STRICT";
  return (call: Call): boolean => {
    const said = own?.spec?.portLevelMtls?.[String(call.destination.port)]?.mode ?? "UNSET";
    const denies = said === "UNSET" ? isStrict : said === "STRICT";
    return denies && call.source.principal === undefined;
  };
}

function keyOf({ metadata }: PeerAuthentication): string {
  return `${metadata.creationTimestamp} ${metadata.name}`;
}

function isSubset(
  wanted: { readonly [key: string]: string } = {},
  labels: { readonly [key: string]: string },
): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/** What a field says of a call: that it holds, that it does not, that it cannot be asked of a connection, or that Istio does not know it. */
type Said = boolean | "http" | "unknown";

function ruleMatches(rule: Rule, policy: AuthorizationPolicy, mesh: MeshSettings, call: Call): boolean {
  const isAllow = (policy.spec?.action ?? "ALLOW") === "ALLOW";
  const groups = [...(rule.from ?? []), ...(rule.to ?? [])].map(
    (each) => ("source" in each ? each.source : "operation" in each ? each.operation : {}) ?? {},
  );
  const terms = groups.map((group) =>
    Object.entries(group).map(([field, values]) => term(field, values, policy, mesh, call)),
  );
  const conditions = (rule.when ?? []).flatMap((each) => conditionTerms(each, policy, mesh, call));
  const said = [...terms.flat(), ...conditions];
  if (said.includes("unknown")) return false;
  if (isAllow && said.includes("http")) return false;
  const holds = (all: readonly Said[]) => all.every((each) => each === true || each === "http");
  const sources = terms.slice(0, rule.from?.length ?? 0);
  const operations = terms.slice(rule.from?.length ?? 0);
  return (
    holds(conditions) &&
    (sources.length === 0 || sources.some(holds)) &&
    (operations.length === 0 || operations.some(holds))
  );
}

function conditionTerms(
  { key, values = [], notValues = [] }: Condition,
  policy: AuthorizationPolicy,
  mesh: MeshSettings,
  call: Call,
): Said[] {
  const fields: { readonly [key: string]: string } = {
    "source.principal": "principals",
    "source.namespace": "namespaces",
    "source.ip": "ipBlocks",
    "destination.port": "ports",
    "source.serviceAccount": "serviceAccounts",
  };
  const field = fields[key];
  const header = /^request\.headers\[(.+)\]$/.exec(key)?.[1];
  if (field === undefined && header === undefined) return ["unknown"];
  const ask = (all: readonly string[], isNot: boolean): Said[] => {
    if (all.length === 0) return [];
    if (field !== undefined) return [negated(any(field, all, policy, mesh, call), isNot)];
    return [
      call.http === undefined
        ? "http"
        : negated(
            all.some((each) => likes(each, call.http?.headers[header as string])),
            isNot,
          ),
    ];
  };
  return [...ask(values, false), ...ask(notValues, true)];
}

function negated(said: Said, isNot: boolean): Said {
  return typeof said === "boolean" && isNot ? !said : said;
}

function term(
  field: string,
  values: readonly string[],
  policy: AuthorizationPolicy,
  mesh: MeshSettings,
  call: Call,
): Said {
  if (values.length === 0) return true;
  const isNot = field.startsWith("not");
  const name = isNot ? field.charAt(3).toLowerCase() + field.slice(4) : field;
  return negated(any(name, values, policy, mesh, call), isNot);
}

function any(
  field: string,
  values: readonly string[],
  policy: AuthorizationPolicy,
  mesh: MeshSettings,
  call: Call,
): Said {
  const { principal, ip } = call.source;
  const uri = principal === undefined ? undefined : `spiffe://${principal}`;
  const isLike = (source: string) => uri !== undefined && new RegExp(`^${source}$`, "s").test(uri);
  const ofHttp = (test: (value: string) => boolean): Said => (call.http === undefined ? "http" : values.some(test));
  switch (field) {
    case "principals":
      return values.flatMap((each) => domainsFor(each, mesh)).some((each) => isLike(`spiffe://${wild(each)}`));
    case "namespaces":
      return values.some((each) => isLike(`.*/ns/${each.split("*").map(quoted).join(".*")}/.*`));
    case "serviceAccounts":
      return values.some((each) => {
        const [namespace, account] = each.includes("/") ? each.split("/") : [policy.metadata.namespace, each];
        return isLike(`spiffe://.+/ns/${quoted(namespace ?? "")}/(.+/|)sa/${quoted(account ?? "")}(/.+)?`);
      });
    case "ipBlocks":
      return values.some((each) => isWithin(ip, each));
    case "ports":
      return values.includes(String(call.destination.port));
    case "methods":
      return ofHttp((each) => likes(each, call.http?.method));
    case "hosts":
      return ofHttp((each) => likes(each.toLowerCase(), call.http?.host.toLowerCase()));
    case "paths":
      return ofHttp((each) => likesPath(each, call.http?.path ?? ""));
    default:
      return "unknown";
  }
}

function domainsFor(principal: string, mesh: MeshSettings): string[] {
  const [domain, ...rest] = principal.split("/");
  const all = [mesh.trustDomain, ...mesh.trustDomainAliases];
  const isOwn = rest.length === 4 && [...all, "cluster.local"].includes(domain ?? "");
  return isOwn ? all.map((each) => [each, ...rest].join("/")) : [principal];
}

function quoted(text: string): string {
  return text.replace(/[^a-zA-Z0-9]/g, (each) =>
    `\\u{${each.codePointAt(0)?.toString(16)}}`.replace(
      /^\\u\{([0-9a-f]+)\}$/,
      (_, hex) => `\\x${hex.padStart(2, "0")}`,
    ),
  );
}

function wild(value: string): string {
  if (value === "*") return ".+";
  if (value.startsWith("*")) return `.*${quoted(value.slice(1))}`;
  return value.endsWith("*") ? `${quoted(value.slice(0, -1))}.*` : quoted(value);
}

function likes(value: string, text: string | undefined): boolean {
  return text !== undefined && new RegExp(`^${wild(value)}$`, "s").test(text);
}

function likesPath(value: string, path: string): boolean {
  if (!/\{\*\*?\}/.test(value)) return likes(value, path);
  const wanted = value.split("/");
  const given = path.split("/");
  for (const [place, part] of wanted.entries()) {
    if (part === "{**}") return given.length > place;
    if (part === "{*}" ? (given[place] ?? "") === "" : part !== given[place]) return false;
  }
  return wanted.length === given.length;
}

function isWithin(ip: string, range: string): boolean {
  const bits = (text: string) =>
    text
      .split(".")
      .map((each) => Number(each).toString(2).padStart(8, "0"))
      .join("");
  const [base = "", length = "32"] = range.split("/");
  return bits(ip).slice(0, Number(length)) === bits(base).slice(0, Number(length));
}
