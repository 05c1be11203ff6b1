import { invalid, invalidStatus, type KubeObject, StatusError } from "@sallyport/kube";
import type { ServiceRanges } from "./service-ranges.ts";

type Fields = { readonly [field: string]: unknown };

interface Port extends Fields {
  readonly port?: number;
  readonly nodePort?: number;
  readonly protocol?: string;
}

interface PortOptions {
  readonly ranges: ServiceRanges;
  /** A dry run looks at what is taken, and not at the range. */
  readonly isDry: boolean;
  readonly name: string;
}

/** Ports of nodes that are given away in one write: those that no other service has, and each once. */
class NodePorts {
  readonly #taken = new Set<number>();
  readonly #options: PortOptions;

  constructor(others: readonly KubeObject[], options: PortOptions) {
    this.#options = options;
    for (const spec of others.map((each) => (each["spec"] ?? {}) as Fields)) {
      if (spec["healthCheckNodePort"]) this.#taken.add(spec["healthCheckNodePort"] as number);
      for (const { nodePort } of portsOf(spec)) if (nodePort) this.#taken.add(nodePort);
    }
  }

  /** Nobody else gets these. */
  keep(ports: Iterable<number>): void {
    for (const port of ports) this.#taken.add(port);
  }

  /** Takes a port; answers why it cannot be had. */
  fault(port: number): string | undefined {
    const { ranges, isDry } = this.#options;
    const isOutside = port < ranges.firstPort || port > ranges.lastPort;
    if (isOutside && !isDry)
      return `provided port is not in the valid range. The range of valid ports is ${ranges.firstPort}-${ranges.lastPort}`;
    if (this.#taken.has(port)) return "provided port is already allocated";
    this.#taken.add(port);
    return undefined;
  }

  /** The same of a port of the service; throws `Invalid`. */
  take(port: number, index: number): number {
    const fault = this.fault(port);
    if (fault === undefined) return port;
    const error = invalid(`spec.ports[${index}].nodePort`, port, fault);
    throw invalidStatus({ group: "", kind: "Service" }, this.#options.name, [error]);
  }

  /** Any free one. */
  next(): number {
    const { firstPort, lastPort } = this.#options.ranges;
    for (let port = firstPort; port <= lastPort; port++)
      if (!this.#taken.has(port)) {
        this.#taken.add(port);
        return port;
      }
    throw new StatusError("InternalError", "failed to allocate a nodePort: range is full");
  }
}

function portsOf(spec: Fields): readonly Port[] {
  return (spec["ports"] ?? []) as readonly Port[];
}

/** Whether a service may have ports of nodes. */
export function isExternal({ type }: Fields): boolean {
  return type === "NodePort" || type === "LoadBalancer";
}

function needsHealthPort({ type, externalTrafficPolicy }: Fields): boolean {
  return type === "LoadBalancer" && externalTrafficPolicy === "Local";
}

/** A service with ports of nodes, where its type asks for them; `old` is what it was. Throws `Invalid` for what is taken. */
export function withNodePorts(spec: Fields, old: Fields, others: readonly KubeObject[], options: PortOptions): Fields {
  if (!isExternal(spec)) return portsOf(spec).length === 0 ? spec : { ...spec, ports: withoutOld(spec, old) };
  const nodePorts = new NodePorts(others, options);
  const isNew = old["type"] === undefined;
  const ports = isNew ? newPorts(spec, nodePorts) : updatedPorts(spec, old, nodePorts);
  const ported = ports.length === 0 ? spec : { ...spec, ports };
  if (!needsHealthPort(spec)) return ported;
  return { ...ported, healthCheckNodePort: healthPort(spec, needsHealthPort(old) ? old : {}, nodePorts) };
}

function wantsPorts(spec: Fields): boolean {
  return spec["type"] === "NodePort" || spec["allocateLoadBalancerNodePorts"] !== false;
}

/** Ports of one number, which differ by protocol, share a port of the nodes. */
function newPorts(spec: Fields, nodePorts: NodePorts): readonly Port[] {
  const all = portsOf(spec);
  const shared = new Map<number, number>();
  return all.map((port, i) => {
    const { port: number = 0, nodePort } = port;
    if (!nodePort && !wantsPorts(spec)) return port;
    const known = shared.get(number);
    if (known !== undefined) {
      if (nodePort && nodePort !== known) nodePorts.take(nodePort, i);
      return { ...port, nodePort: nodePort || known };
    }
    const asked = all.find((each) => each.port === number && each.nodePort)?.nodePort;
    const given = asked === undefined ? nodePorts.next() : nodePorts.take(asked, i);
    shared.set(number, given);
    return { ...port, nodePort: given };
  });
}

function updatedPorts(spec: Fields, old: Fields, nodePorts: NodePorts): readonly Port[] {
  const all = portsOf(spec);
  const before = portsOf(old);
  const own = new Set(before.map(({ nodePort }) => nodePort).filter((each) => each !== undefined));
  const asked = new Set(all.map(({ nodePort }) => nodePort).filter(Boolean));
  const allocated = new Set<number>();
  nodePorts.keep(own);
  const seen = new Set<string>();
  return all.map((port, i) => {
    const kept = before.find((each) => each.port === port.port && each.protocol === port.protocol)?.nodePort;
    const isKept = wantsPorts(spec) && kept !== undefined && !asked.has(kept);
    const wanted = port.nodePort || (isKept ? kept : undefined);
    if (!wanted && !wantsPorts(spec)) return port;
    const nodePort = wanted || nodePorts.next();
    if (wanted && !own.has(wanted) && !allocated.has(wanted)) allocated.add(nodePorts.take(wanted, i));
    const key = `${port.protocol} ${nodePort}`;
    if (seen.has(key)) throw new StatusError(undefined, `duplicate nodePort: {${key}}`);
    seen.add(key);
    return { ...port, nodePort };
  });
}

/** A balancer that sends to nodes with pods alone asks them by a port, which it keeps. */
function healthPort(spec: Fields, old: Fields, nodePorts: NodePorts): number {
  const asked = (spec["healthCheckNodePort"] ?? 0) as number;
  const before = (old["healthCheckNodePort"] ?? 0) as number;
  if (before !== 0) return asked || before;
  if (asked === 0) return nodePorts.next();
  const fault = nodePorts.fault(asked);
  if (fault === undefined) return asked;
  throw new StatusError(
    "InternalError",
    `failed to allocate requested HealthCheck NodePort ${asked}: failed to allocate requested HealthCheck NodePort ${asked}: ${fault}`,
  );
}

/** A service that became one of the inside gives back the ports that it had and did not ask for anew. */
function withoutOld(spec: Fields, old: Fields): readonly Port[] {
  const ports = portsOf(spec);
  if (spec["type"] !== "ClusterIP" || old["type"] === undefined || old["type"] === "ClusterIP") return ports;
  const had = new Set(portsOf(old).map(({ nodePort }) => nodePort));
  return ports.map(({ nodePort, ...port }) => (had.has(nodePort) ? port : { ...port, nodePort }) as Port);
}
