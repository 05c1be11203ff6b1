import type { KubeObject } from "@sallyport/kube";
import { isEqual } from "../registry/equality.ts";
import type { CacheEvent } from "../registry/history.ts";
import { addressNumber } from "../registry/service-ranges.ts";
import { isReason } from "./client.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { partsOf, reconciler } from "./reconciler.ts";

const group = "networking.k8s.io";
const managedBy = { "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io" };

/**
 * Keeps an IPAddress for each address that a Service has, as kube-apiserver's allocator and its repair loop do: other API servers on the
 * same store give away no address that has one. Those of services that are gone are taken away.
 */
export const serviceIpAddresses: ControllerKind = {
  name: "service-ip-addresses",
  alias: "serviceipaddresses",
  account: "",
  user: "system:apiserver",
  component: "ipallocator-repair-controller",
  create: (context) => {
    const owners = new Map<string, Set<string>>();
    return reconciler(
      {
        name: serviceIpAddresses.name,
        follows: [
          { group: "", resource: "services", keys: (event) => noted(event, owners) },
          { group, resource: "ipaddresses", keys: ({ name }) => [name] },
        ],
        sync: (address) => repair(address, owners.get(address) ?? new Set(), context),
      },
      context,
    );
  },
};

/** Notes whose addresses are whose; answers those of the service as it is and as it was. */
function noted(event: CacheEvent, owners: Map<string, Set<string>>): readonly string[] {
  const { namespace, name, object, previous } = event;
  const key = `${namespace}/${name}`;
  const [had, has] = [previous, object].map((each) => (each === undefined ? [] : addressesIn(each))) as [
    readonly string[],
    readonly string[],
  ];
  for (const address of had) {
    const left = owners.get(address);
    left?.delete(key);
    if (left?.size === 0) owners.delete(address);
  }
  for (const address of has) owners.set(address, (owners.get(address) ?? new Set()).add(key));
  return [...new Set([...had, ...has])];
}

function addressesIn(service: KubeObject): readonly string[] {
  const { clusterIPs = [] } = (service["spec"] ?? {}) as { readonly clusterIPs?: readonly string[] };
  return clusterIPs.filter((each) => addressNumber(each) !== undefined);
}

async function repair(
  address: string,
  owners: ReadonlySet<string>,
  { cache, client, record }: ControllerContext,
): Promise<void> {
  const [owner, ...others] = [...owners].flatMap((key) => cache.get("", "services", ...partsOf(key)) ?? []);
  const current = cache.get(group, "ipaddresses", "", address);
  for (const each of others)
    record(
      each,
      "Warning",
      "ClusterIPAlreadyAllocated",
      `Cluster IP [IPv4]:${address} was assigned to multiple services; please recreate service`,
    );
  if (owner === undefined) {
    if (current !== undefined && isOurs(current)) await client.delete(current);
    return;
  }
  const { namespace = "", name = "" } = owner.metadata;
  const parentRef = { group: "", resource: "services", namespace, name };
  if (current !== undefined && isEqual(withGroup(current), parentRef)) return;
  if (current !== undefined) {
    record(
      owner,
      "Warning",
      "ClusterIPNotAllocated",
      `the ClusterIP [IPv4]:${address} for Service ${namespace}/${name} has a wrong reference; repairing`,
    );
    await client.delete(current);
  }
  const labels = { "ipaddress.kubernetes.io/ip-family": "IPv4", ...managedBy };
  const made = {
    apiVersion: "networking.k8s.io/v1",
    kind: "IPAddress",
    metadata: { name: address, labels },
    spec: { parentRef },
  };
  await client.create(made).catch((error: unknown) => {
    if (!isReason(error, "AlreadyExists")) throw error;
  });
}

function isOurs({ metadata }: KubeObject): boolean {
  return Object.entries(managedBy).every(([key, value]) => metadata.labels?.[key] === value);
}

function withGroup(address: KubeObject): object {
  const { parentRef = {} } = (address["spec"] ?? {}) as { readonly parentRef?: object };
  return { group: "", ...parentRef };
}
