import type { KubeObject } from "@sallyport/kube";
import { isEqual } from "../registry/equality.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { controllerReference } from "./owners.ts";
import { isReady, type Pod } from "./pods.ts";
import { ownKey, partsOf, reconciler } from "./reconciler.ts";
import {
  type EndpointGroup,
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

async function publish(service: Service, times: TriggerTimes, { cache, client }: ControllerContext): Promise<void> {
  const { namespace = "", name = "" } = service.metadata;
  const pods = (cache.list("", "pods", namespace) as readonly Pod[]).filter((pod) => isSelected(service, pod));
  const trigger = times.next(service, pods);
  const groups = groupsOf(service, pods);
  const wanted = groups.flatMap(({ ports, pods: members }) =>
    chunks(members).map((each) => sliceOf(service, { ports, pods: each })),
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
}

function chunks(pods: readonly Pod[]): readonly (readonly Pod[])[] {
  return Array.from({ length: Math.ceil(pods.length / maxEndpoints) }, (_, index) =>
    pods.slice(index * maxEndpoints, (index + 1) * maxEndpoints),
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

function sliceOf(service: Service, group: EndpointGroup | undefined): KubeObject {
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
    endpoints: group === undefined ? null : group.pods.map((pod) => endpointOf(service, pod)),
    ports: group === undefined ? null : group.ports.map((port) => ({ name: "", ...port })),
  };
}

function endpointOf(service: Service, pod: Pod): object {
  const { name, namespace, uid, deletionTimestamp } = pod.metadata;
  const hostname = hostnameOf(service, pod);
  return {
    addresses: [pod.status?.podIP],
    conditions: { ready: isServed(service, pod), serving: isReady(pod), terminating: Boolean(deletionTimestamp) },
    ...(hostname && { hostname }),
    ...(pod.spec?.nodeName && { nodeName: pod.spec.nodeName }),
    targetRef: { kind: "Pod", name, namespace, uid },
  };
}
