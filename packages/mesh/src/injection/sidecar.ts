import { type Interception, interceptionOf } from "./annotations.ts";
import { type Container, initContainer, type Pod, proxyContainer, type Volume } from "./pod.ts";
import { type AppProbers, appProbersVariable } from "./probes.ts";

/** What sidecars of a mesh have in common. */
export interface SidecarSettings {
  /** Of both containers; its entrypoint is `sallyport`. */
  readonly image: string;
  readonly imagePullPolicy?: string;
  readonly revision: string;
  readonly trustDomain: string;
  /** `host:port` of who signs certificates, and of who tells sidecars what there is; pods must reach it. */
  readonly caAddress: string;
  readonly controlAddress: string;
  /** Audience of the token by which a sidecar proves whose it is. */
  readonly tokenAudience: string;
  /** Who turns connections over to the sidecar: a container of the pod with rights over its network, or the node, before the pod begins. */
  readonly rules: "init" | "node";
  /** Kubernetes 1.29 or newer: a sidecar begins before the pod's containers, and ends after them. */
  readonly nativeSidecar: boolean;
}

/** Of a sidecar: as Istio's, so that rules and monitors that name them go on to fit. https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio */
export const sidecarPorts = { outbound: 15_001, inbound: 15_006, status: 15_020, health: 15_021, metrics: 15_090 };

/** User and group of the sidecar: what it sends is not turned over to it again. */
export const proxyUser = 1337;

/** The port of a pod's sidecar to which probes are turned; 0 where its owner wants none. */
export function statusPortOf(annotations: { readonly [name: string]: string }): number {
  return Number(annotations["status.sidecar.istio.io/port"] ?? sidecarPorts.status);
}

/** Which connections of a pod pass through its sidecar; none where its owner said so. */
export function podInterception(annotations: { readonly [name: string]: string }): Interception | undefined {
  if (annotations["sidecar.istio.io/interceptionMode"] === "NONE") return undefined;
  const { health, metrics } = sidecarPorts;
  return interceptionOf(annotations, [metrics, health, statusPortOf(annotations)]);
}

const tokenVolume: Volume = { name: "istio-token" };
const rootVolume: Volume = { name: "istiod-ca-cert", configMap: { name: "istio-ca-root-cert" } };
/** Half a day, and the kubelet renews it before: Istio's. */
const tokenSeconds = 43_200;

/** What a sidecar mounts: the token of its pod, and the roots that it begins to trust with. */
export function sidecarVolumes({ tokenAudience }: SidecarSettings): readonly Volume[] {
  const source = { audience: tokenAudience, expirationSeconds: tokenSeconds, path: "istio-token" };
  return [{ ...tokenVolume, projected: { sources: [{ serviceAccountToken: source }] } }, rootVolume];
}

/** The sidecar of a pod, `probers` being what it asks of the containers beside it. */
export function sidecarContainer(pod: Pod, probers: AppProbers, settings: SidecarSettings): Container {
  const annotations = pod.metadata.annotations ?? {};
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const asks = Object.keys(probers).length > 0;
  return {
    name: proxyContainer,
    image: annotations["sidecar.istio.io/proxyImage"] ?? settings.image,
    ...pullPolicy(settings),
    args: ["mesh", "sidecar"],
    ports: [{ name: "http-envoy-prom", containerPort: sidecarPorts.metrics, protocol: "TCP" }],
    env: [
      { name: "CA_ADDR", value: settings.caAddress },
      { name: "SALLYPORT_MESH_CONTROL", value: settings.controlAddress },
      { name: "TRUST_DOMAIN", value: settings.trustDomain },
      field("POD_NAME", "metadata.name"),
      field("POD_NAMESPACE", "metadata.namespace"),
      field("INSTANCE_IP", "status.podIP"),
      field("SERVICE_ACCOUNT", "spec.serviceAccountName"),
      ...(asks ? [{ name: appProbersVariable, value: JSON.stringify(probers) }] : []),
    ],
    resources: resourcesOf(annotations),
    ...healthProbes(annotations),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsGroup: proxyUser,
      runAsNonRoot: true,
      runAsUser: proxyUser,
      seccompProfile: { type: "RuntimeDefault" },
    },
    volumeMounts: [
      { name: tokenVolume.name, mountPath: "/var/run/secrets/tokens", readOnly: true },
      { name: rootVolume.name, mountPath: "/var/run/secrets/istio", readOnly: true },
    ],
  };
}

/** Who writes the pod's rules and ends: the one container of a mesh with rights over the pod's network. */
export function rulesContainer(pod: Pod, settings: SidecarSettings): Container | undefined {
  const interception = podInterception(pod.metadata.annotations ?? {});
  if (settings.rules === "node" || interception === undefined) return undefined;
  return {
    name: initContainer,
    image: settings.image,
    ...pullPolicy(settings),
    args: ["mesh", "redirect", "--apply", ...redirectArguments(interception)],
    resources: { limits: { cpu: "2", memory: "1Gi" }, requests: { cpu: "100m", memory: "128Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { add: ["NET_ADMIN", "NET_RAW"], drop: ["ALL"] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsGroup: 0,
      runAsNonRoot: false,
      runAsUser: 0,
    },
  };
}

/** As `sallyport mesh redirect` takes them; what is said by default is left out. */
function redirectArguments(interception: Interception): readonly string[] {
  const { inboundPorts, outboundRanges } = interception;
  const lists: readonly (readonly [flag: string, values: readonly (string | number)[]])[] = [
    ["--exclude-inbound-ports", interception.excludedInboundPorts],
    ["--exclude-outbound-ranges", interception.excludedOutboundRanges],
    ["--include-outbound-ports", interception.outboundPorts],
    ["--exclude-outbound-ports", interception.excludedOutboundPorts],
    ["--exclude-interfaces", interception.excludedInterfaces],
  ];
  return [
    ...(inboundPorts === "*" ? [] : [`--include-inbound-ports=${inboundPorts.join(",")}`]),
    ...(outboundRanges === "*" ? [] : [`--include-outbound-ranges=${outboundRanges.join(",")}`]),
    ...lists.filter(([, values]) => values.length > 0).map(([flag, values]) => `${flag}=${values.join(",")}`),
  ];
}

function pullPolicy({ imagePullPolicy }: SidecarSettings): { readonly imagePullPolicy?: string } {
  return imagePullPolicy === undefined ? {} : { imagePullPolicy };
}

/** What an owner says of one says all: the others are not added to it. */
function resourcesOf(annotations: { readonly [name: string]: string }) {
  const said = (suffix: string) => {
    const [cpu, memory] = [`sidecar.istio.io/proxyCPU${suffix}`, `sidecar.istio.io/proxyMemory${suffix}`].map(
      (name) => annotations[name],
    );
    return { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
  };
  const [requests, limits] = [said(""), said("Limit")];
  const some = (list: object) => Object.keys(list).length > 0;
  if (!some(requests) && !some(limits))
    return { limits: { cpu: "2", memory: "1Gi" }, requests: { cpu: "100m", memory: "128Mi" } };
  return { ...(some(limits) ? { limits } : {}), ...(some(requests) ? { requests } : {}) };
}

/** None where the owner has switched the sidecar's status off. The pod's containers wait for the first, no longer than ten minutes. */
function healthProbes(annotations: { readonly [name: string]: string }) {
  if (statusPortOf(annotations) === 0) return {};
  const httpGet = { path: "/healthz/ready", port: sidecarPorts.health };
  const said = (name: string, without: number) =>
    Number(annotations[`readiness.status.sidecar.istio.io/${name}`] ?? without);
  const initialDelaySeconds = said("initialDelaySeconds", 0);
  return {
    readinessProbe: {
      httpGet,
      ...(initialDelaySeconds === 0 ? {} : { initialDelaySeconds }),
      periodSeconds: said("periodSeconds", 15),
      failureThreshold: said("failureThreshold", 4),
      timeoutSeconds: 3,
    },
    startupProbe: { httpGet, periodSeconds: 1, failureThreshold: 600, timeoutSeconds: 3 },
  };
}
