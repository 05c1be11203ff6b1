import {
  type KubeObject,
  qualityOfService,
  withAppArmorFields,
  withoutClosedFields,
  withoutClosedJobFields,
  withoutClosedStatus,
  withPodLevelDefaults,
  withPreparedSpec,
} from "@sallyport/kube";
import { defined } from "./fixed-metadata.ts";
import type { Fields, Strategy } from "./strategies.ts";

/** Upstream's podStrategy and those of its subresources. */
export const podStrategy: Strategy = {
  hasStatus: true,
  statusKeeps: ["ownerReferences"],
  hasGeneration: true,
  complete: (object, warn) => withGatedCondition(withAppArmorFields(object, warn)),
  specParts: {
    ephemeralcontainers: (wanted, current) =>
      withoutClosedFields(
        defined({ ...current, ephemeralContainers: wanted["ephemeralContainers"] }) as Fields,
        current,
      ),
    resize: withResources,
  },
  prepareCreate: (object) => {
    const pod = withPreparedSpec({ ...object, spec: withoutClosedFields(specOf(object)) });
    return { ...pod, status: { phase: "Pending", qosClass: qualityOfService(pod) } };
  },
  prepareUpdate: (object, current) => {
    const [spec, before] = [specOf(object), specOf(current)];
    // Clients that do not know of a pod's own resources do not take them away.
    const kept = spec["resources"] === undefined ? defined({ resources: before["resources"] }) : {};
    return { ...object, spec: withoutClosedFields({ ...spec, ...kept }, before) };
  },
  parts: { status: withKeptStatus },
};

function specOf(object: KubeObject): Fields {
  return (object["spec"] ?? {}) as Fields;
}

/** Why a pod is not scheduled that is not to be. */
function withGatedCondition(pod: KubeObject): KubeObject {
  const gates = (specOf(pod)["schedulingGates"] ?? []) as readonly unknown[];
  if (gates.length === 0) return pod;
  const condition = {
    type: "PodScheduled",
    status: "False",
    lastProbeTime: null,
    lastTransitionTime: pod.metadata.creationTimestamp,
    reason: "SchedulingGated",
    message: "Scheduling is blocked due to non-empty scheduling gates",
  };
  return { ...pod, status: { ...(pod["status"] as Fields), conditions: [condition] } };
}

/** Resources of the pod and its containers, and what resizing does to these. Other containers than there are, validation refuses. */
function withResources(wanted: Fields, current: Fields): Fields {
  const lists = ["containers", "initContainers"];
  const listOf = (spec: Fields, list: string) => (spec[list] ?? []) as readonly Fields[];
  if (lists.some((list) => listOf(wanted, list).length !== listOf(current, list).length)) return wanted;
  const resized = lists
    .filter((list) => current[list] !== undefined)
    .map((list) => {
      const before = listOf(current, list);
      const isRenamed = before.some(({ name }, i) => listOf(wanted, list)[i]?.["name"] !== name);
      const containers = before.map((each, i) => {
        const { resources, resizePolicy } = listOf(wanted, list)[i] as Fields;
        return defined({ ...each, resources, resizePolicy });
      });
      return [list, isRenamed ? wanted[list] : containers] as const;
    });
  const { resources = current["resources"] } = wanted;
  return withPodLevelDefaults({ ...current, ...defined({ resources }), ...Object.fromEntries(resized) });
}

/** What a kubelet that does not know of it would take away; and what is not switched on. */
function withKeptStatus(wanted: KubeObject, current: KubeObject): KubeObject {
  const [status, before] = [wanted, current].map((each) => (each["status"] ?? {}) as Fields) as [Fields, Fields];
  const conditions = status["conditions"] as readonly Fields[] | undefined;
  const kept = ["resourceClaimStatuses", "extendedResourceClaimStatus", "nodeAllocatableResourceClaimStatuses"];
  const made = {
    ...status,
    qosClass: status["qosClass"] || before["qosClass"],
    observedGeneration: status["observedGeneration"] || before["observedGeneration"],
    ...Object.fromEntries(kept.map((name) => [name, status[name] ?? before[name]])),
    ...(conditions === undefined ? {} : { conditions: withKeptGenerations(conditions, before["conditions"]) }),
  };
  return { ...wanted, status: withoutClosedStatus(defined(made) as Fields, before) };
}

/** Conditions that tell no generation tell that of the last one of their type. */
function withKeptGenerations(conditions: readonly Fields[], before: unknown): readonly Fields[] {
  const left = [...((before ?? []) as readonly Fields[])];
  return conditions.map((each) => {
    const at = left.findIndex((old) => old["type"] === each["type"]);
    const [old] = at < 0 ? [] : left.splice(at, 1);
    return each["observedGeneration"] || !old?.["observedGeneration"]
      ? each
      : { ...each, observedGeneration: old["observedGeneration"] };
  });
}

/** Where pods' templates lie in objects that have some. */
const templates: { readonly [resource: string]: readonly string[] } = {
  cronjobs: ["spec", "jobTemplate", "spec", "template", "spec"],
  daemonsets: ["spec", "template", "spec"],
  deployments: ["spec", "template", "spec"],
  jobs: ["spec", "template", "spec"],
  podtemplates: ["template", "spec"],
  replicasets: ["spec", "template", "spec"],
  replicationcontrollers: ["spec", "template", "spec"],
  statefulsets: ["spec", "template", "spec"],
};

/** Where the specs of Jobs lie. */
const jobs: { readonly [resource: string]: readonly string[] } = {
  cronjobs: ["spec", "jobTemplate", "spec"],
  jobs: ["spec"],
};

/** A strategy that also takes fields of closed features from the templates of a resource. */
export function withTemplates(resource: string, strategy: Strategy): Strategy {
  const path = templates[resource];
  if (path === undefined) return strategy;
  const job = jobs[resource];
  const open = (object: KubeObject, current: KubeObject | undefined) => {
    const made = withoutClosed(object, current, path, withoutClosedFields);
    return job === undefined ? made : withoutClosed(made, current, job, withoutClosedJobFields);
  };
  return {
    ...strategy,
    prepareCreate: (object, reader, user) => open(strategy.prepareCreate?.(object, reader, user) ?? object, undefined),
    prepareUpdate: (object, current, ...rest) =>
      open(strategy.prepareUpdate?.(object, current, ...rest) ?? object, current),
  };
}

function withoutClosed<Value extends Fields>(
  value: Value,
  before: Fields | undefined,
  [first = "", ...rest]: readonly string[],
  open: (spec: Fields, before?: Fields) => Fields,
): Value {
  const inner = value[first];
  if (typeof inner !== "object" || inner === null) return value;
  const old = before?.[first] as Fields | undefined;
  const next = rest.length === 0 ? open(inner as Fields, old) : withoutClosed(inner as Fields, old, rest, open);
  return next === inner ? value : { ...value, [first]: next };
}
