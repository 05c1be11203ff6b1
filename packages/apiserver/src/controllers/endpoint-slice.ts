import { type KubeObject, StatusError } from "@sallyport/kube";
import type { Cache } from "../registry/cache.ts";
import { isEqual } from "../registry/equality.ts";
import type { CacheEvent } from "../registry/history.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { controllerReference } from "./owners.ts";
import { isReady, type Pod } from "./pods.ts";
import { ownKey, partsOf, reconciler } from "./reconciler.ts";
import {
  type EndpointPort,
  groupsOf,
  hostnameOf,
  isHeadless,
  isSelected,
  isSelecting,
  isServed,
  managedBy,
  type Service,
  serviceKeys,
  serviceName,
  sliceKeys,
} from "./service-endpoints.ts";
import { TriggerTimes, withTrigger } from "./trigger-times.ts";

/** No slice has more endpoints; kube-controller-manager's `--max-endpoints-per-slice`. */
const maxEndpoints = 100;

const manager = "endpointslice-controller.k8s.io";

/** Tells in EndpointSlices where the pods of a Service are, and which of them are ready. */
export const endpointSlice: ControllerKind = {
  name: "endpointslice-controller",
  alias: "endpointslice",
  account: "endpointslice-controller",
  component: "endpoint-slice-controller",
  create: (context) => {
    const times = new TriggerTimes();
    return reconciler(
      {
        name: endpointSlice.name,
        follows: [
          { group: "", resource: "services", keys: ownKey },
          { group: "", resource: "pods", keys: (event) => serviceKeys(event, context.cache) },
          { group: "discovery.k8s.io", resource: "endpointslices", keys: (event) => sliceKeys(event, manager) },
          { group: "", resource: "nodes", keys: (event) => nodeKeys(event, context.cache) },
        ],
        sync: async (key) => {
          const service = context.cache.get("", "services", ...partsOf(key)) as Service | undefined;
          if (service === undefined) times.forget(key);
          else if (isSelecting(service)) await publish(service, times, context);
        },
      },
      context,
    );
  },
};

/** Services that select pods of a node that has come: those were left out. */
function nodeKeys({ name, previous }: CacheEvent, cache: Cache): readonly string[] {
  if (previous !== undefined) return [];
  const pods = (cache.list("", "pods") as readonly Pod[]).filter(({ spec }) => spec?.nodeName === name);
  return [
    ...new Set(
      pods.flatMap((object) => {
        const { namespace = "" } = object.metadata;
        return serviceKeys({ namespace, object, previous: undefined }, cache);
      }),
    ),
  ];
}

async function publish(service: Service, times: TriggerTimes, context: ControllerContext): Promise<void> {
  const { cache, client, record } = context;
  const { namespace = "", name = "" } = service.metadata;
  const pods = (cache.list("", "pods", namespace) as readonly Pod[]).filter((pod) => isSelected(service, pod));
  const trigger = times.next(service, pods);
  const faults: string[] = [];
  const groups = groupsOf(service, pods).map(({ ports, pods: members }) => ({
    ports,
    endpoints: members.flatMap((pod) => {
      const node = cache.get("", "nodes", "", pod.spec?.nodeName ?? "");
      if (node !== undefined || service.spec.publishNotReadyAddresses === true) return [endpointOf(service, pod, node)];
      faults.push(
        `skipping Pod ${pod.metadata.name} for Service ${namespace}/${name}: Node ${pod.spec?.nodeName ?? ""} Not Found`,
      );
      return [];
    }),
  }));
  const wanted = groups.flatMap(({ ports, endpoints }) =>
    chunks(endpoints).map((each) => sliceOf(service, { ports, endpoints: each })),
  );
  // A service without pods has one slice all the same, to tell that it is known.
  if (wanted.length === 0) wanted.push(sliceOf(service, undefined));
  const found = cache
    .list("discovery.k8s.io", "endpointslices", namespace)
    .filter(({ metadata: { labels } }) => labels?.[serviceName] === name && labels[managedBy] === manager);
  for (const [index, slice] of wanted.entries()) {
    const current = found[index];
    if (current === undefined) await client.create(triggered(slice, trigger));
    else if (!isAlike(current, slice))
      await client.update(current, (fresh) => triggered(renewed(fresh, slice), trigger));
  }
  for (const surplus of found.slice(wanted.length)) await client.delete(surplus);
  if (faults.length === 0) return;
  const fault = faults.length === 1 ? faults[0] : `[${faults.join(", ")}]`;
  const message = `Error updating Endpoint Slices for Service ${namespace}/${name}: ${fault}`;
  record(service, "Warning", "FailedToUpdateEndpointSlices", message);
  throw new StatusError("NotFound", message);
}

function chunks<T>(endpoints: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(endpoints.length / maxEndpoints) }, (_, index) =>
    endpoints.slice(index * maxEndpoints, (index + 1) * maxEndpoints),
  );
}

function isAlike(current: KubeObject, wanted: KubeObject): boolean {
  return isEqual(contentOf(current), contentOf(wanted));
}

function contentOf({ metadata, endpoints, ports }: KubeObject): readonly unknown[] {
  return [endpoints ?? null, ports ?? null, metadata.labels];
}

function renewed(fresh: KubeObject, { metadata, endpoints, ports }: KubeObject): KubeObject {
  return { ...fresh, metadata: { ...fresh.metadata, labels: metadata.labels ?? {} }, endpoints, ports };
}

function triggered(slice: KubeObject, trigger: string | undefined): KubeObject {
  const { annotations: before = {}, ...metadata } = slice.metadata;
  const annotations = withTrigger(before, trigger);
  return { ...slice, metadata: { ...metadata, ...(annotations && { annotations }) } };
}

interface Endpoints {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly object[];
}

function sliceOf(service: Service, group: Endpoints | undefined): KubeObject {
  const { name = "", namespace = "", labels } = service.metadata;
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: {
        ...labels,
        [serviceName]: name,
        [managedBy]: manager,
        ...(isHeadless(service) && { "service.kubernetes.io/headless": "" }),
      },
      ownerReferences: [controllerReference(service)],
    },
    addressType: "IPv4",
    endpoints: group === undefined ? null : group.endpoints,
    ports: group === undefined ? null : group.ports.map((port) => ({ name: "", ...port })),
  };
}

function endpointOf(service: Service, pod: Pod, node: KubeObject | undefined): object {
  const { name, namespace, uid, deletionTimestamp } = pod.metadata;
  const hostname = hostnameOf(service, pod);
  const ready = isServed(service, pod);
  const zone = node?.metadata.labels?.["topology.kubernetes.io/zone"];
  const hints = ready ? hintsOf(service.spec.trafficDistribution, zone, pod.spec?.nodeName) : undefined;
  return {
    addresses: [pod.status?.podIP],
    conditions: { ready, serving: isReady(pod), terminating: Boolean(deletionTimestamp) },
    ...(hostname && { hostname }),
    ...(pod.spec?.nodeName && { nodeName: pod.spec.nodeName }),
    ...(zone && { zone }),
    ...(hints && { hints }),
    targetRef: { kind: "Pod", name, namespace, uid },
  };
}

/** Who should ask there first, as `spec.trafficDistribution` has it. KEP-4444, KEP-3015. */
function hintsOf(distribution: string | undefined, zone: string | undefined, node: string | undefined) {
  if (distribution === undefined) return undefined;
  const isNode = distribution === "PreferSameNode" && node !== undefined;
  if (zone === undefined && !isNode) return undefined;
  return { ...(zone && { forZones: [{ name: zone }] }), ...(isNode && { forNodes: [{ name: node }] }) };
}
