import type { Action, AuthorizationPolicy, Rule } from "./authorization-policy.ts";
import { authorizerOf, type TracedAuthorizer } from "./authorizer.ts";
import type { Call, HttpCall } from "./call.ts";
import type { PeerAuthentication } from "./peer-authentication.ts";
import { defaultMesh, type MeshSettings, type Workload } from "./workload.ts";

/** The workload that most cases are about. */
export const web: Workload = { namespace: "shop", name: "web", labels: { app: "web" }, serviceAccount: "web" };

/** `shop/name`, and `minute` the later the younger. */
export function authorizationPolicy(
  name: string,
  action: Action | undefined,
  rules: readonly (Rule | null)[] | undefined,
  rest: object = {},
): AuthorizationPolicy {
  const [namespace = "", short = ""] = name.split("/");
  const spec = {
    ...(action === undefined ? {} : { action }),
    ...(rules === undefined ? {} : { rules }),
    ...rest,
  };
  return { metadata: { namespace, name: short }, spec };
}

/** `namespace/name`, created in a minute of one hour. */
export function peerAuthentication(name: string, spec: PeerAuthentication["spec"], minute = 0): PeerAuthentication {
  const [namespace = "", short = ""] = name.split("/");
  const creationTimestamp = `2026-01-01T00:${String(minute).padStart(2, "0")}:00Z`;
  return { metadata: { namespace, name: short, creationTimestamp }, ...(spec === undefined ? {} : { spec }) };
}

/** A connection, or with `http` a request, of `client` of the namespace `shop` to port 80. */
export function callOf(
  change: {
    readonly ip?: string;
    readonly principal?: string | null;
    readonly port?: number;
    readonly serverName?: string;
    readonly http?: Partial<HttpCall>;
  } = {},
): Call {
  const principal = change.principal === undefined ? "cluster.local/ns/shop/sa/client" : change.principal;
  return {
    source: { ip: change.ip ?? "10.0.0.1", ...(principal === null ? {} : { principal }) },
    destination: { ip: "10.0.0.2", port: change.port ?? 80 },
    ...(change.serverName === undefined ? {} : { serverName: change.serverName }),
    ...(change.http === undefined
      ? {}
      : { http: { method: "GET", path: "/", host: "web.shop", headers: {}, ...change.http } }),
  };
}

/** Of `web`. */
export function authorizerFor(
  policies: readonly AuthorizationPolicy[],
  mesh: Partial<MeshSettings> = {},
): TracedAuthorizer {
  return authorizerOf(web, policies, { ...defaultMesh, ...mesh });
}
