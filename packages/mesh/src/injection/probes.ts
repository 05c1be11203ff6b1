import type { Container, Handler, Probe } from "./pod.ts";

/** What a sidecar asks of the container beside it when it is asked itself: Istio's `ISTIO_KUBE_APP_PROBERS`, by path. */
export interface AppProbers {
  readonly [path: string]: Pick<Handler, "httpGet" | "tcpSocket" | "grpc"> & { readonly timeoutSeconds?: number };
}

/** Where a sidecar has the probes of its pod's containers. */
export const appProbersVariable = "ISTIO_KUBE_APP_PROBERS";

const probeNames = { readinessProbe: "readyz", livenessProbe: "livez", startupProbe: "startupz" } as const;
const hookNames = { preStop: "prestopz", postStart: "poststartz" } as const;

/**
 * A kubelet is no member of a mesh: what it asks of a container over the network is turned to the sidecar, which asks in its place from
 * within the pod. Answers the containers, and what the sidecar must be told.
 */
export function rewriteProbes(
  containers: readonly Container[],
  statusPort: number,
): { readonly containers: readonly Container[]; readonly probers: AppProbers } {
  const probers: { [path: string]: AppProbers[string] } = {};
  const turned = <T extends Handler>(handler: T | undefined, path: string, container: Container): T | undefined => {
    const prober = handler && proberOf(handler, container, statusPort);
    if (handler === undefined || prober === undefined) return handler;
    probers[path] = prober;
    const { tcpSocket: _, grpc: __, ...rest } = handler;
    return { ...rest, httpGet: towardsSidecar(handler.httpGet ?? {}, path, statusPort) } as unknown as T;
  };
  const rewritten = containers.map((container) => {
    const made: { [field: string]: unknown } = { ...container };
    for (const [field, name] of entriesOf(probeNames))
      if (container[field] !== undefined)
        made[field] = turned<Probe>(container[field], `/app-health/${container.name}/${name}`, container);
    if (container.lifecycle === undefined) return made as unknown as Container;
    const lifecycle: { [field: string]: unknown } = { ...container.lifecycle };
    for (const [field, name] of entriesOf(hookNames))
      if (container.lifecycle[field] !== undefined)
        lifecycle[field] = turned(container.lifecycle[field], `/app-lifecycle/${container.name}/${name}`, container);
    return { ...made, lifecycle } as unknown as Container;
  });
  return { containers: rewritten, probers };
}

/** The containers as they were before. */
export function restoreProbes(containers: readonly Container[], probers: AppProbers): readonly Container[] {
  const restored = (handler: Handler, path: string): Handler => {
    const prober = probers[path];
    if (prober === undefined || handler.httpGet?.path !== path) return handler;
    const { httpGet: _, ...rest } = handler;
    const { timeoutSeconds: __, ...action } = prober;
    return { ...rest, ...action };
  };
  return containers.map((container) => {
    const made: { [field: string]: unknown } = { ...container };
    for (const [field, name] of entriesOf(probeNames))
      if (container[field] !== undefined)
        made[field] = restored(container[field], `/app-health/${container.name}/${name}`);
    if (container.lifecycle === undefined) return made as unknown as Container;
    const lifecycle: { [field: string]: unknown } = { ...container.lifecycle };
    for (const [field, name] of entriesOf(hookNames))
      if (container.lifecycle[field] !== undefined)
        lifecycle[field] = restored(container.lifecycle[field], `/app-lifecycle/${container.name}/${name}`);
    return { ...made, lifecycle } as unknown as Container;
  });
}

/** With ports by number; undefined of what is no question over the network, asks the sidecar already, or a port that has no number. */
function proberOf(handler: Handler, { ports = [] }: Container, statusPort: number): AppProbers[string] | undefined {
  const numbered = <T extends { readonly port: number | string }>(action: T): (T & { port: number }) | undefined => {
    const { port } = action;
    const number =
      typeof port === "number" ? port : (ports.find(({ name }) => name === port)?.containerPort ?? Number(port));
    return Number.isInteger(number) && number > 0 && number !== statusPort ? { ...action, port: number } : undefined;
  };
  const { httpGet, tcpSocket, grpc, timeoutSeconds } = handler as Probe;
  const timeout = timeoutSeconds === undefined ? {} : { timeoutSeconds };
  if (httpGet !== undefined) {
    const action = numbered(httpGet);
    return action && { httpGet: action, ...timeout };
  }
  if (tcpSocket !== undefined) {
    const action = numbered(tcpSocket);
    return action && { tcpSocket: action, ...timeout };
  }
  const action = grpc && numbered(grpc);
  return action && { grpc: action, ...timeout };
}

/** The kubelet asks the sidecar in clear; the sidecar asks by TLS where the container wanted that. */
function towardsSidecar(action: Partial<NonNullable<Handler["httpGet"]>>, path: string, port: number) {
  const { scheme, host: _, ...rest } = action;
  return { ...rest, path, port, ...(scheme === undefined ? {} : { scheme: "HTTP" }) };
}

function entriesOf<T extends { readonly [key: string]: string }>(map: T): readonly (readonly [keyof T, string])[] {
  return Object.entries(map) as unknown as readonly (readonly [keyof T, string])[];
}
