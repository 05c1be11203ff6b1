import type { MeshView, ServedPort } from "../../view/mesh-view.ts";
import { type MeshWorkload, titleOf } from "../../view/mesh-workload.ts";
import type { Finding, FindingSource } from "../finding.ts";
import { isMeant, toldOf } from "../mentions.ts";
import { type Reach, reachTo } from "../network-policies.ts";
import { addressTitle, ownerOf, seenAt } from "../traffic.ts";

/** Who was seen to call without the mesh's TLS. */
export const observedClients: FindingSource = {
  name: "traffic",
  find: (view, port, traffic) =>
    seenAt(traffic, port)
      .filter(({ tls }) => tls !== "mutual")
      .map(({ sourceIp, tls, count, last }) => {
        const owner = ownerOf(view, sourceIp);
        const what = tls === "plaintext" ? "plaintext" : "TLS that is not the mesh's";
        return {
          grade: "certain" as const,
          source: observedClients.name,
          client: addressTitle(view, sourceIp),
          reason: `it was seen to call with ${what}, ${count} ${count === 1 ? "time" : "times"}, last ${last}`,
          sends: tls === "plaintext" ? ("plaintext" as const) : ("foreign" as const),
          ...(owner === undefined ? {} : betterFor(owner)),
        };
      }),
};

function betterFor(client: MeshWorkload): { readonly better: string } {
  if (client.sidecar.isThere)
    return { better: `see why the sidecar of ${titleOf(client)} lets the call pass: mesh can, mesh explain` };
  return { better: `give ${titleOf(client)} a sidecar (${client.sidecar.why})` };
}

/** Workloads without a sidecar, by what their containers are told, and by NetworkPolicies that let them in by name. */
export const namedClients: FindingSource = {
  name: "client",
  find: (view, port) => callersOf(view, port).named.map(({ finding }) => finding),
};

interface Callers {
  readonly named: readonly { readonly client: MeshWorkload; readonly finding: Finding }[];
  /** Those who may call for all that is known. */
  readonly others: readonly MeshWorkload[];
}

/** Two sources ask for the same of each port. */
const callers = new WeakMap<ServedPort, Callers>();

function callersOf(view: MeshView, port: ServedPort): Callers {
  const known = callers.get(port);
  if (known !== undefined) return known;
  const reach = reachTo(view, port.workload, port.port);
  const named: { client: MeshWorkload; finding: Finding }[] = [];
  const others: MeshWorkload[] = [];
  for (const client of view.workloads) {
    if (client.sidecar.isThere || client === port.workload) continue;
    const way = reach(client);
    if (way.isLet === "no") continue;
    const finding = namedBy(client, port, way);
    if (finding === undefined) others.push(client);
    else named.push({ client, finding });
  }
  callers.set(port, { named, others });
  return { named, others };
}

function namedBy(client: MeshWorkload, { through }: ServedPort, { named }: Reach): Finding | undefined {
  const told = toldOf(client).find((mention) => through.some((way) => isMeant(mention, way, client.namespace)));
  if (told !== undefined)
    return likely(client, `its container ${told.container} is told of ${told.text} (${told.where})`, client.place);
  if (named === undefined) return undefined;
  const { namespace, name } = named.object.metadata;
  return likely(client, `NetworkPolicy ${namespace}/${name} lets it in by its labels`, named.place);
}

function likely(client: MeshWorkload, reason: string, place: string | undefined): Finding {
  return {
    grade: "likely",
    source: namedClients.name,
    client: titleOf(client),
    reason: `it has no sidecar, and ${reason}`,
    sends: "plaintext",
    ...betterFor(client),
    ...(place === undefined ? {} : { place }),
  };
}

/** All other workloads without a sidecar that may call: nothing says whether they do. */
export const unknownClients: FindingSource = {
  name: "others",
  find: (view, port, traffic) => {
    const { others } = callersOf(view, port);
    const [first] = others;
    if (first === undefined) return [];
    const seen = seenAt(traffic, port).reduce((sum, { count }) => sum + count, 0);
    const evidence = seen === 0 ? "nothing says whether they call" : `${seen} connections were seen`;
    const isOne = others.length === 1;
    return [
      {
        grade: "unknown",
        source: unknownClients.name,
        client: isOne ? titleOf(first) : `${others.length} workloads without a sidecar`,
        reason: `no NetworkPolicy keeps them from the port, and ${evidence}${isOne ? "" : `: ${namesOf(others)}`}`,
        sends: "plaintext",
        better: "a NetworkPolicy that names who may call, or watch the traffic in PERMISSIVE for a while (--traffic)",
      },
    ];
  },
};

/** A line names some. */
const shownNames = 5;

function namesOf(clients: readonly MeshWorkload[]): string {
  const names = clients.slice(0, shownNames).map(titleOf);
  const rest = clients.length - names.length;
  return `${names.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
