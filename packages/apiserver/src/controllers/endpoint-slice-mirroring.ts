import type { KubeObject } from "@sallyport/kube";
import { isEqual } from "../registry/equality.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { controllerReference } from "./owners.ts";
import { ownKey, partsOf, reconciler } from "./reconciler.ts";
import { managedBy, type Service, serviceName, sliceKeys } from "./service-endpoints.ts";

const manager = "endpointslicemirroring-controller.k8s.io";
const skip = "endpointslice.kubernetes.io/skip-mirror";
/** Endpoints that are a lock, not endpoints. */
const leader = "control-plane.alpha.kubernetes.io/leader";

/** No subset has more addresses mirrored; kube-controller-manager's `--mirroring-max-endpoints-per-subset`. */
const maxAddresses = 1000;

interface Address {
  readonly ip: string;
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly targetRef?: object;
}

interface Subset {
  readonly addresses?: readonly Address[];
  readonly notReadyAddresses?: readonly Address[];
  readonly ports?: readonly object[];
}

/** Tells in EndpointSlices what somebody wrote in the Endpoints of a Service that selects nothing. */
export const endpointSliceMirroring: ControllerKind = {
  name: "endpointslice-mirroring-controller",
  alias: "endpointslicemirroring",
  account: "endpointslicemirroring-controller",
  create: (context) =>
    reconciler(
      {
        name: endpointSliceMirroring.name,
        follows: [
          { group: "", resource: "services", keys: ownKey },
          { group: "", resource: "endpoints", keys: ownKey },
          { group: "discovery.k8s.io", resource: "endpointslices", keys: (event) => sliceKeys(event, manager) },
        ],
        sync: (key) => mirror(key, context),
      },
      context,
    ),
};

async function mirror(key: string, { cache, client }: ControllerContext): Promise<void> {
  const [namespace, name] = partsOf(key);
  const endpoints = cache.get("", "endpoints", namespace, name);
  const service = cache.get("", "services", namespace, name) as Service | undefined;
  const wanted = endpoints !== undefined && isMirrored(endpoints, service) ? slicesOf(endpoints) : [];
  const found = cache
    .list("discovery.k8s.io", "endpointslices", namespace)
    .filter(({ metadata: { labels } }) => labels?.[serviceName] === name && labels[managedBy] === manager);
  const left = [...found];
  for (const slice of wanted) {
    const at = left.findIndex((each) => each["addressType"] === slice["addressType"]);
    const [current] = at < 0 ? [] : left.splice(at, 1);
    if (current === undefined) await client.create(slice);
    else if (!isEqual(contentOf(current), contentOf(slice)))
      await client.update(current, (fresh) => ({
        ...fresh,
        metadata: { ...fresh.metadata, labels: slice.metadata.labels ?? {} },
        endpoints: slice["endpoints"],
        ports: slice["ports"],
      }));
  }
  for (const each of left) await client.delete(each);
}

function isMirrored({ metadata }: KubeObject, service: Service | undefined): boolean {
  const isOurs = metadata.labels?.[skip] !== "true" && metadata.annotations?.[leader] === undefined;
  return isOurs && !metadata.deletionTimestamp && service !== undefined && service.spec.selector === undefined;
}

function contentOf({ metadata, endpoints, ports }: KubeObject): readonly unknown[] {
  return [metadata.labels, endpoints, ports];
}

/** One slice for each subset and family of addresses. */
function slicesOf(endpoints: KubeObject): readonly KubeObject[] {
  const { name = "", namespace = "", labels = {} } = endpoints.metadata;
  const { [skip]: _skip, ...others } = labels;
  return ((endpoints["subsets"] ?? []) as readonly Subset[]).flatMap((subset) =>
    (["IPv4", "IPv6"] as const).flatMap((addressType) => {
      const found = endpointsIn(subset, addressType);
      if (found.length === 0) return [];
      const metadata = {
        generateName: `${name}-`,
        namespace,
        labels: { ...others, [serviceName]: name, [managedBy]: manager },
        ownerReferences: [controllerReference(endpoints)],
      };
      const ports = (subset.ports ?? []).map((port) => ({ name: "", ...port }));
      return [
        { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata, addressType, endpoints: found, ports },
      ];
    }),
  );
}

function endpointsIn(
  { addresses = [], notReadyAddresses = [] }: Subset,
  addressType: "IPv4" | "IPv6",
): readonly object[] {
  const all = [
    ...addresses.map((each) => ({ ...each, ready: true })),
    ...notReadyAddresses.map((each) => ({ ...each, ready: false })),
  ];
  return all
    .filter(({ ip }) => ip.includes(":") === (addressType === "IPv6"))
    .slice(0, maxAddresses)
    .map(({ ip, ready, hostname, nodeName, targetRef }) => ({
      addresses: [ip],
      conditions: { ready },
      ...(hostname && { hostname }),
      ...(nodeName && { nodeName }),
      ...(targetRef && { targetRef }),
    }));
}
