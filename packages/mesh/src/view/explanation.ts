import { type AskedProvider, askedProviders } from "../policy/asked-provider.ts";
import { type Action, type AuthorizationPolicy, actionOf, isDryRun } from "../policy/authorization-policy.ts";
import { readyRule } from "../policy/authorization-rule.ts";
import { policiesOf } from "../policy/authorizer.ts";
import type { MutualTlsMode } from "../policy/call.ts";
import { meansHost, tlsOf } from "../policy/destination-rule.ts";
import { type Consulted, modeOf, resolveModes } from "../policy/peer-authentication.ts";
import { trustDomainsOf } from "../policy/trust-domains.ts";
import { byAge, nameOf } from "../policy/workload.ts";
import type { PortProtocol } from "../proxy/proxy-config.ts";
import { type MeshView, placeOf, servedPorts } from "./mesh-view.ts";
import { isIntercepted, type MeshWorkload } from "./mesh-workload.ts";

/** What holds for a port of a workload, and by which policies. */
export interface Explanation {
  readonly workload: MeshWorkload;
  readonly port: number;
  readonly protocol: PortProtocol;
  /** None where no sidecar takes the port: then no policy of the mesh holds. */
  readonly mode?: MutualTlsMode;
  /** Why it is this mode, or none. */
  readonly reason: string;
  readonly peerAuthentications: readonly ExplainedPolicy[];
  readonly authorizationPolicies: readonly (ExplainedPolicy & { readonly action: Action })[];
  /** What clients of the mesh are told of TLS, by service and port. */
  readonly destinationRules: readonly ExplainedPolicy[];
}

/** A policy that takes part, or that was thought of and does not. */
export interface ExplainedPolicy {
  /** `namespace/name`. */
  readonly name: string;
  readonly takesPart: boolean;
  readonly reason: string;
  /** What is odd about it, each in a line. */
  readonly notes: readonly string[];
  readonly place?: string;
}

/** Explains one port of a workload. A port that nothing names is explained all the same: it may be listened to. */
export function explainPort(view: MeshView, workload: MeshWorkload, port: number): Explanation {
  const served = servedPorts(view).find((each) => each.workload === workload && each.port === port);
  const modes = resolveModes(workload, view.peerAuthentications, view.mesh);
  const isTaken = workload.sidecar.isThere && isIntercepted(workload, port);
  return {
    workload,
    port,
    protocol: served?.protocol ?? "auto",
    ...(isTaken ? { mode: modeOf(modes, port) } : {}),
    reason: isTaken ? modeReason(modes.consulted, port) : openReason(workload, port),
    peerAuthentications: [...modes.consulted.map((each) => consulted(view, each, port)), ...unmatched(view, workload)],
    authorizationPolicies: authorizations(view, workload, served?.protocol ?? "auto"),
    destinationRules: (served?.through ?? []).flatMap((way) => clientRules(view, way.service.host, way.port)),
  };
}

function openReason({ sidecar }: MeshWorkload, port: number): string {
  return sidecar.isThere ? `its sidecar does not take port ${port}` : `no sidecar: ${sidecar.why}`;
}

function modeReason(all: readonly Consulted[], port: number): string {
  const own = all.find(({ level, outcome }) => level === "workload" && outcome !== "lost");
  const ofPort = own?.policy.spec?.portLevelMtls?.[String(port)]?.mode;
  if (own !== undefined && ofPort !== undefined && ofPort !== "UNSET")
    return `${nameOf(own.policy)} says so of port ${port}`;
  const setting = all.find(({ outcome }) => outcome === "sets");
  return setting === undefined ? "no policy sets it" : `${nameOf(setting.policy)} says so of the ${setting.level}`;
}

function consulted(view: MeshView, { policy, level, outcome, reason }: Consulted, port: number): ExplainedPolicy {
  const mode =
    level === "workload" && outcome !== "lost" ? policy.spec?.portLevelMtls?.[String(port)]?.mode : undefined;
  const ofPort = mode === undefined ? "" : `, and of port ${port} ${mode}`;
  const takesPart = outcome === "sets" || (mode !== undefined && mode !== "UNSET");
  return explained(view, policy, takesPart, `${level}: ${reason}${ofPort}`, []);
}

/** Of namespaces that count, and of labels that the workload has not. */
function unmatched(view: MeshView, workload: MeshWorkload): readonly ExplainedPolicy[] {
  const known = new Set(
    resolveModes(workload, view.peerAuthentications, view.mesh).consulted.map(({ policy }) => policy),
  );
  return view.peerAuthentications
    .filter((policy) => policy.metadata.namespace === workload.namespace && !known.has(policy))
    .map((policy) => explained(view, policy, false, `workload: its selector is ${selectorText(policy)}`, []));
}

function authorizations(
  view: MeshView,
  workload: MeshWorkload,
  protocol: PortProtocol,
): Explanation["authorizationPolicies"] {
  const taking = policiesOf(workload, view.authorizationPolicies, view.mesh);
  const providerOf = askedProviders(taking, view.mesh);
  const near = view.authorizationPolicies.filter(({ metadata }) =>
    [workload.namespace, view.mesh.rootNamespace].includes(metadata.namespace ?? ""),
  );
  const order: readonly Action[] = ["CUSTOM", "DENY", "ALLOW", "AUDIT"];
  const sorted = [...near].sort((a, b) => order.indexOf(actionOf(a)) - order.indexOf(actionOf(b)) || byAge(a, b));
  return sorted.map((policy) => {
    const takesPart = taking.includes(policy);
    const notes = takesPart ? [...providerNotes(providerOf(policy)), ...ruleNotes(view, policy, protocol)] : [];
    const tried = isDryRun(policy) ? ", only tried" : "";
    const reason = takesPart ? `${policy.spec?.rules?.length ?? 0} rules${tried}` : missingReason(policy);
    return { ...explained(view, policy, takesPart && tried === "", reason, notes), action: actionOf(policy) };
  });
}

function providerNotes(provider: AskedProvider | undefined): readonly string[] {
  if (provider === undefined) return [];
  if (provider.kind === undefined) return [`what it means is refused: ${provider.fault}`];
  const ofConnections = provider.kind === "http" ? ", but not of connections whose requests are not read" : "";
  return [`the provider "${provider.name}" is asked first${ofConnections}`];
}

function missingReason(policy: AuthorizationPolicy): string {
  const { targetRef, targetRefs = [] } = policy.spec ?? {};
  return targetRef !== undefined || targetRefs.length > 0
    ? "it has targets: it is of a gateway or waypoint"
    : `its selector is ${selectorText(policy)}`;
}

/** What a rule does not say as it is written: of requests, or where none are read, of connections. */
function ruleNotes(view: MeshView, policy: AuthorizationPolicy, protocol: PortProtocol): readonly string[] {
  const { rules = [] } = policy.spec ?? {};
  if (rules.length === 0)
    return [actionOf(policy) === "ALLOW" ? "no rules: nothing is allowed" : "no rules: it means nothing"];
  const isHttp = ["http", "http2", "grpc", "auto"].includes(protocol);
  const place = {
    action: actionOf(policy),
    namespace: policy.metadata.namespace ?? "",
    trustDomains: trustDomainsOf(view.mesh),
  };
  return rules.flatMap((rule, i) => {
    const ready = readyRule(rule, isHttp, place);
    if ("skipped" in ready) return [`rule ${i} is left out: ${ready.skipped}`];
    return ready.dropped.map((fault) => `rule ${i} is wider than written: ${fault}`);
  });
}

function clientRules(view: MeshView, host: string, port: number): readonly ExplainedPolicy[] {
  return view.destinationRules
    .filter((rule) => meansHost(rule, host))
    .map((rule) => {
      const mode = tlsOf(rule, port)?.mode;
      const reason = `${host}:${port}: ${mode === undefined ? "nothing about TLS" : mode}`;
      return explained(view, rule, mode !== undefined, reason, []);
    });
}

function selectorText({ spec }: { readonly spec?: { readonly selector?: { readonly matchLabels?: object } } }): string {
  const labels = Object.entries(spec?.selector?.matchLabels ?? {});
  return labels.map(([key, value]) => `${key}=${value}`).join(",");
}

function explained(
  view: MeshView,
  policy: Parameters<typeof placeOf>[1],
  takesPart: boolean,
  reason: string,
  notes: readonly string[],
): ExplainedPolicy {
  const place = placeOf(view, policy);
  const faults = view.problems.filter(({ of }) => (of.object as unknown) === policy).map(({ text }) => text);
  return {
    name: nameOf(policy),
    takesPart,
    reason,
    notes: [...notes, ...faults],
    ...(place === undefined ? {} : { place }),
  };
}
