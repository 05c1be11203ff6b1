import type { PolicyPart } from "../policy/authorizer.ts";
import { authorizerOf } from "../policy/authorizer.ts";
import type { Asking, Call, HttpCall, MutualTlsMode, Verdict } from "../policy/call.ts";
import { type ClientChoice, clientChoice } from "../policy/client-tls.ts";
import type { PortProtocol } from "../proxy/proxy-config.ts";
import { behind, type MeshService, targetOf } from "./mesh-service.ts";
import { type MeshView, modeAt } from "./mesh-view.ts";
import { isIntercepted, type MeshWorkload } from "./mesh-workload.ts";

/** Somebody who calls: of the cluster, or from elsewhere. */
export type Caller = MeshWorkload | "outside";

/** What is called: a port of a service, or of a workload itself. */
export interface Target {
  readonly service?: MeshService;
  readonly workload?: MeshWorkload;
  /** Of the service where there is one. */
  readonly port: number;
}

/** What is known of a call beside who and whom. */
export interface CallDetails {
  readonly ip?: string;
  readonly http?: HttpCall;
}

/** One step on the way: what was chosen or checked, and how it went. */
export interface PathStep {
  readonly at: "client" | "server" | "authorization";
  readonly isPassed: boolean;
  readonly text: string;
}

/** One server that a call may reach, and how that goes. */
export interface AdmissionPath {
  readonly server: MeshWorkload;
  /** Of the workload. */
  readonly port: number;
  readonly protocol: PortProtocol;
  /** None where no sidecar takes the connection. */
  readonly mode?: MutualTlsMode;
  readonly choice: ClientChoice;
  readonly steps: readonly PathStep[];
  readonly isAllowed: boolean;
  /** Who the server takes the caller for. */
  readonly principal?: string;
  readonly verdict?: Verdict;
  /** Every AuthorizationPolicy of the server; none where the call did not come so far. */
  readonly parts: readonly PolicyPart[];
}

/** A call to each server behind a target: the client's choice of TLS, the server's mode, the AuthorizationPolicies, in this order. */
export function admissionPaths(
  view: MeshView,
  caller: Caller,
  target: Target,
  details: CallDetails,
): readonly AdmissionPath[] {
  const { service, workload } = target;
  if (workload !== undefined) return [admissionPath(view, caller, target, workload, target.port, details)];
  if (service === undefined) return [];
  const servicePort = service.ports.find(({ port }) => port === target.port);
  if (servicePort === undefined) return [];
  return behind(service, view.workloads).flatMap((server) => {
    const port = targetOf(servicePort, server);
    return port === undefined ? [] : [admissionPath(view, caller, target, server, port, details)];
  });
}

function admissionPath(
  view: MeshView,
  caller: Caller,
  target: Target,
  server: MeshWorkload,
  port: number,
  details: CallDetails,
): AdmissionPath {
  const protocol = target.service?.ports.find((each) => each.port === target.port)?.protocol ?? "auto";
  const isTaken = server.sidecar.isThere && isIntercepted(server, port);
  const mode = isTaken ? modeAt(view, server, port) : undefined;
  const choice = choiceOf(view, caller, target, server, mode);
  const known = { server, port, protocol, ...(mode === undefined ? {} : { mode }), choice };
  const client: PathStep = { at: "client", isPassed: true, text: choice.reason };
  const met = meeting(choice, mode, protocol, server, port);
  if (!met.isPassed || mode === undefined)
    return { ...known, steps: [client, met], isAllowed: met.isPassed, parts: [] };
  const principal = choice.tls === "mutual" ? principalOf(view, caller) : undefined;
  const call = callOf(caller, server, port, details, principal, choice);
  const authorizer = authorizerOf(server, view.authorizationPolicies, view.mesh);
  const verdict = authorizer.decide(call);
  const asking = verdict.asks === undefined ? [] : [askingStep(verdict.asks)];
  const authorization: PathStep = { at: "authorization", isPassed: verdict.allowed, text: verdict.reason };
  return {
    ...known,
    steps: [client, met, ...asking, authorization],
    isAllowed: verdict.allowed,
    ...(principal === undefined ? {} : { principal }),
    verdict,
    parts: authorizer.trace(call),
  };
}

/** What it will answer nobody knows but it. */
function askingStep({ provider, policy, rule }: Asking): PathStep {
  const text = `CUSTOM by ${policy}, rule ${rule}: only where the provider "${provider}", which is asked first, allows it`;
  return { at: "authorization", isPassed: true, text };
}

function choiceOf(
  view: MeshView,
  caller: Caller,
  { service, port }: Target,
  server: MeshWorkload,
  mode: MutualTlsMode | undefined,
): ClientChoice {
  if (caller === "outside") return { tls: "none", identities: [], reason: "from outside: no sidecar, no mutual TLS" };
  if (!caller.sidecar.isThere)
    return { tls: "none", identities: [], reason: `the client has no sidecar (${caller.sidecar.why}): no mutual TLS` };
  const question = {
    client: caller,
    ...(service === undefined ? {} : { service }),
    port,
    endpoint: mode === undefined ? { mode: "DISABLE" as const } : { sidecar: server, mode },
    accounts: service === undefined ? [server] : behind(service, view.workloads),
  };
  return clientChoice(question, view.destinationRules, view.mesh);
}

/** What becomes of a connection where it meets the server, or its sidecar. */
function meeting(
  { tls }: ClientChoice,
  mode: MutualTlsMode | undefined,
  protocol: PortProtocol,
  server: MeshWorkload,
  port: number,
): PathStep {
  const step = (isPassed: boolean, text: string): PathStep => ({ at: "server", isPassed, text });
  if (mode === undefined) {
    const why = server.sidecar.isThere ? `its sidecar does not take port ${port}` : `no sidecar: ${server.sidecar.why}`;
    if (tls === "mutual") return step(false, `${why}; nobody is there to take the mesh's TLS`);
    return step(true, `${why}; no policy of the mesh is asked`);
  }
  if (mode === "STRICT") {
    if (tls === "mutual") return step(true, "STRICT, and the connection is mutual TLS");
    return step(
      false,
      `STRICT, and the connection is ${tls === "none" ? "not mutual TLS" : "another TLS than the mesh's"}`,
    );
  }
  if (mode === "DISABLE") {
    if (tls === "mutual")
      return step(false, "DISABLE: the mesh's TLS is handed to the workload, which does not know it");
    return step(true, "DISABLE: taken as it comes");
  }
  if (tls !== "other") return step(true, `PERMISSIVE: ${tls === "mutual" ? "mutual TLS" : "plaintext"} is taken`);
  const isHttp = ["http", "http2", "grpc"].includes(protocol);
  if (isHttp) return step(false, `PERMISSIVE, but on a port that is declared ${protocol} no other TLS is taken`);
  return step(true, "PERMISSIVE: TLS that is not the mesh's passes through to the workload");
}

function principalOf({ mesh }: MeshView, caller: Caller): string | undefined {
  return caller === "outside" ? undefined : `${mesh.trustDomain}/ns/${caller.namespace}/sa/${caller.serviceAccount}`;
}

function callOf(
  caller: Caller,
  server: MeshWorkload,
  port: number,
  { ip, http }: CallDetails,
  principal: string | undefined,
  { serverName }: ClientChoice,
): Call {
  const known = ip ?? (caller === "outside" ? undefined : caller.ips[0]);
  return {
    source: { ip: known ?? "", ...(principal === undefined ? {} : { principal }) },
    destination: { ip: server.ips[0] ?? "", port },
    ...(serverName === undefined ? {} : { serverName }),
    ...(http === undefined ? {} : { http }),
  };
}
