import type { KubeObject } from "@sallyport/kube";
import { isEqual } from "../registry/equality.ts";
import { isReason } from "./client.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import type { Pod } from "./pods.ts";
import { ownKey, partsOf, reconciler } from "./reconciler.ts";
import {
  type EndpointGroup,
  groupsOf,
  hostnameOf,
  isHeadless,
  isSelected,
  isSelecting,
  isServed,
  type Service,
  serviceKeys,
} from "./service-endpoints.ts";
import { TriggerTimes, triggerTime, withTrigger } from "./trigger-times.ts";

/** No Endpoints have more addresses: EndpointSlices are for more. */
const maxAddresses = 1000;

const managedBy = "endpoints.kubernetes.io/managed-by";
const manager = "endpoint-controller";
const overCapacity = "endpoints.kubernetes.io/over-capacity";

/** Tells where the pods of a Service are in the form from before EndpointSlices. */
export const endpoints: ControllerKind = {
  name: "endpoints-controller",
  alias: "endpoint",
  account: "endpoint-controller",
  component: "endpoint-controller",
  create: (context) => {
    const times = new TriggerTimes();
    return reconciler(
      {
        name: endpoints.name,
        follows: [
          { group: "", resource: "services", keys: ownKey },
          { group: "", resource: "pods", keys: (event) => serviceKeys(event, context.cache) },
          { group: "", resource: "endpoints", keys: (event) => (event.object === undefined ? ownKey(event) : []) },
        ],
        sync: async (key) => {
          const { cache, client } = context;
          const service = cache.get("", "services", ...partsOf(key)) as Service | undefined;
          const found = cache.get("", "endpoints", ...partsOf(key));
          if (service === undefined) times.forget(key);
          if (service !== undefined && isSelecting(service)) await publish(service, found, times, context);
          else if (service === undefined && found !== undefined) await client.delete(found);
        },
      },
      context,
    );
  },
};

async function publish(
  service: Service,
  found: KubeObject | undefined,
  times: TriggerTimes,
  { cache, client }: ControllerContext,
): Promise<void> {
  const pods = (cache.list("", "pods", service.metadata.namespace) as readonly Pod[]).filter((pod) =>
    isSelected(service, pod),
  );
  const wanted = endpointsOf(service, pods, times.next(service, pods));
  if (found === undefined) {
    await client.create(wanted).catch((error: unknown) => {
      if (!isReason(error, "AlreadyExists")) throw error;
    });
  } else if (!isEqual(contentOf(found), contentOf(wanted)))
    await client.update(found, ({ subsets: _, ...fresh }) => {
      const { annotations: { [overCapacity]: _over, [triggerTime]: _time, ...others } = {}, ...metadata } =
        fresh.metadata as KubeObject["metadata"];
      const annotations = { ...others, ...wanted.metadata.annotations };
      return {
        ...(fresh as KubeObject),
        metadata: {
          ...metadata,
          labels: wanted.metadata.labels ?? {},
          ...(Object.keys(annotations).length > 0 && { annotations }),
        },
        ...(wanted["subsets"] === undefined ? {} : { subsets: wanted["subsets"] }),
      };
    });
}

function contentOf({ metadata, subsets }: KubeObject): readonly unknown[] {
  return [subsets ?? null, metadata.labels ?? {}, metadata.annotations?.[overCapacity] ?? ""];
}

function endpointsOf(service: Service, pods: readonly Pod[], trigger: string | undefined): KubeObject {
  const { name = "", namespace = "", labels } = service.metadata;
  const groups = groupsOf(
    service,
    pods.filter((pod) => isServed(service, pod) || !pod.metadata.deletionTimestamp),
  );
  const subsets = groups.map((group) => subsetOf(service, group));
  const isOver = groups.reduce((total, group) => total + group.pods.length, 0) > maxAddresses;
  const annotations = withTrigger(isOver ? { [overCapacity]: "truncated" } : {}, trigger);
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: {
      name,
      namespace,
      labels: {
        ...labels,
        [managedBy]: manager,
        ...(isHeadless(service) && { "service.kubernetes.io/headless": "" }),
      },
      ...(annotations && { annotations }),
    },
    ...(subsets.length > 0 && { subsets }),
  };
}

function subsetOf(service: Service, { ports, pods }: EndpointGroup): object {
  const ready = pods.filter((pod) => isServed(service, pod));
  const waiting = pods.filter((pod) => !isServed(service, pod));
  const addresses = ready.slice(0, maxAddresses).map((pod) => addressOf(service, pod));
  const notReadyAddresses = waiting.slice(0, maxAddresses - addresses.length).map((pod) => addressOf(service, pod));
  return {
    ...(addresses.length > 0 && { addresses }),
    ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
    ...(ports.length > 0 && { ports }),
  };
}

function addressOf(service: Service, pod: Pod): object {
  const { name, namespace, uid } = pod.metadata;
  const hostname = hostnameOf(service, pod);
  return {
    ip: pod.status?.podIP,
    ...(hostname && { hostname }),
    ...(pod.spec?.nodeName && { nodeName: pod.spec.nodeName }),
    targetRef: { kind: "Pod", namespace, name, uid },
  };
}
