import { type KubeObject, parseApiVersion, timestampOf } from "@sallyport/kube";
import { valueAt } from "../custom/objects.ts";
import { withCondition } from "./conditions.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { portion } from "./deployment-sizes.ts";
import { allowance, type BudgetStatus, type DisruptionBudget, isBudgeted } from "./disruption-budgets.ts";
import { controllerOf } from "./owners.ts";
import { isReady, type Pod } from "./pods.ts";
import { type Again, ownKey, partsOf, reconciler } from "./reconciler.ts";

/** A pod that was to be evicted and is still there after so long counts again. */
const evictionMs = 120_000;

/** Says in the status of PodDisruptionBudgets how many pods may be evicted. */
export const disruption: ControllerKind = {
  name: "disruption-controller",
  alias: "disruption",
  account: "disruption-controller",
  component: "controllermanager",
  create: (context) => {
    const { cache } = context;
    const budgets = (namespace: string) =>
      cache.list("policy", "poddisruptionbudgets", namespace) as readonly DisruptionBudget[];
    const scaled = (group: string, resource: string) => ({
      group,
      resource,
      keys: ({ namespace }: { readonly namespace: string }) =>
        budgets(namespace).map(({ metadata }) => `${namespace}/${metadata.name}`),
    });
    return reconciler(
      {
        name: disruption.name,
        follows: [
          { group: "policy", resource: "poddisruptionbudgets", keys: ownKey },
          {
            group: "",
            resource: "pods",
            keys: ({ namespace, object, previous }) =>
              budgets(namespace)
                .filter((each) => [object, previous].some((pod) => pod !== undefined && isBudgeted(each, pod)))
                .map(({ metadata }) => `${namespace}/${metadata.name}`),
          },
          scaled("apps", "deployments"),
          scaled("apps", "replicasets"),
          scaled("apps", "statefulsets"),
          scaled("", "replicationcontrollers"),
        ],
        sync: async (key, again) => {
          const found = cache.get("policy", "poddisruptionbudgets", ...partsOf(key)) as DisruptionBudget | undefined;
          if (found !== undefined) await sync(found, key, again, context);
        },
      },
      context,
    );
  },
};

async function sync(budget: DisruptionBudget, key: string, again: Again, context: ControllerContext): Promise<void> {
  const { cache, record } = context;
  const all = cache.list("", "pods", budget.metadata.namespace) as readonly Pod[];
  const pods = all.filter((pod) => isBudgeted(budget, pod));
  if (pods.length === 0) record(budget, "Normal", "NoPods", "No matching pods found");
  const wanted = wantedOf(budget, pods, context);
  if (typeof wanted === "string") return failed(budget, wanted, context);
  await count(budget, pods, wanted, key, again, context);
}

interface Wanted {
  readonly expectedPods: number;
  readonly desiredHealthy: number;
}

/** How many pods there should be, and how many of them healthy; text when that cannot be known. */
function wantedOf(budget: DisruptionBudget, pods: readonly Pod[], context: ControllerContext): Wanted | string {
  const { minAvailable, maxUnavailable } = budget.spec;
  if (maxUnavailable === undefined && typeof minAvailable === "number")
    return { expectedPods: pods.length, desiredHealthy: minAvailable };
  if (maxUnavailable === undefined && minAvailable === undefined) return { expectedPods: 0, desiredHealthy: 0 };
  const expectedPods = expectedOf(budget, pods, context);
  if (typeof expectedPods === "string") return expectedPods;
  const part = portion(maxUnavailable ?? minAvailable ?? 0, expectedPods, Math.ceil);
  return { expectedPods, desiredHealthy: Math.max(0, maxUnavailable === undefined ? part : expectedPods - part) };
}

/** The sizes of all that manages the pods. */
function expectedOf(budget: DisruptionBudget, pods: readonly Pod[], context: ControllerContext): number | string {
  const scales = new Map<string, number>();
  const unmanaged: string[] = [];
  for (const pod of pods) {
    if (controllerOf(pod) === undefined) unmanaged.push(pod.metadata.name ?? "");
    else {
      const scale = scaleOf(pod, context);
      if (typeof scale === "string") return scale;
      scales.set(scale.uid, scale.replicas);
    }
  }
  if (unmanaged.length > 0)
    context.record(
      budget,
      "Warning",
      "UnmanagedPods",
      `Pods selected by this PodDisruptionBudget (selector: ${selectorText(budget)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`,
    );
  return [...scales.values()].reduce((total, each) => total + each, 0);
}

/** As Go prints the type. */
function selectorText({ spec: { selector } }: DisruptionBudget): string {
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}: ${value},`);
  const expressions = (selector?.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join("")}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join("")}},}`;
}

interface Scale {
  readonly uid: string;
  readonly replicas: number;
}

/** The size of what manages an object: of the Deployment rather than of its ReplicaSet. */
function scaleOf(object: KubeObject, context: ControllerContext): Scale | string {
  const reference = controllerOf(object);
  const { group, version } = parseApiVersion(reference?.apiVersion ?? "");
  const info = context.catalogue.findKind(group, version, reference?.kind ?? "");
  const { namespace = "", name } = object.metadata;
  const owner = info && context.cache.get(info.group, info.resource, namespace, reference?.name ?? "");
  const replicas = owner && valueAt(owner, info?.custom?.scale?.specReplicasPath ?? ".spec.replicas");
  const isScaled = info?.custom === undefined ? scalable.has(info?.resource ?? "") : info.custom.scale !== undefined;
  if (owner === undefined || owner.metadata.uid !== reference?.uid || !isScaled)
    return `found no controllers for pod ${JSON.stringify(name)}`;
  if (info?.resource === "replicasets" && controllerOf(owner)?.kind === "Deployment") {
    const above = scaleOf(owner, context);
    if (typeof above !== "string") return above;
  }
  return { uid: owner.metadata.uid ?? "", replicas: Number(replicas ?? 0) };
}

const scalable = new Set(["deployments", "replicasets", "statefulsets", "replicationcontrollers"]);

async function failed(
  budget: DisruptionBudget,
  fault: string,
  { client, clock, record }: ControllerContext,
): Promise<void> {
  record(
    budget,
    "Warning",
    "CalculateExpectedPodCountFailed",
    `Failed to calculate the number of expected pods: ${fault}`,
  );
  const { generation = 0 } = budget.metadata;
  const condition = {
    type: "DisruptionAllowed",
    status: "False",
    reason: "SyncFailed",
    message: fault,
    observedGeneration: generation,
  } as const;
  await client.updateStatus(budget, (fresh) => {
    const { status = {} } = fresh as DisruptionBudget;
    const conditions = withCondition(status.conditions, condition, timestampOf(clock.now()));
    return {
      ...fresh,
      status: { ...emptyStatus, ...status, disruptionsAllowed: 0, observedGeneration: generation, conditions },
    };
  });
}

const emptyStatus = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };

async function count(
  budget: DisruptionBudget,
  pods: readonly Pod[],
  { expectedPods, desiredHealthy }: Wanted,
  key: string,
  again: Again,
  { client, clock }: ControllerContext,
): Promise<void> {
  const { generation = 0 } = budget.metadata;
  await client.updateStatus(budget, (fresh) => {
    const { status } = fresh as DisruptionBudget;
    const disruptedPods = stillDisrupted(status?.disruptedPods ?? {}, pods, clock.now());
    if (Object.keys(disruptedPods).length > 0) again.addAfter(key, evictionMs);
    const isHealthy = (pod: Pod) =>
      isReady(pod) && !pod.metadata.deletionTimestamp && disruptedPods[pod.metadata.name ?? ""] === undefined;
    const currentHealthy = pods.filter(isHealthy).length;
    const allowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
    const condition = { ...allowance(allowed), observedGeneration: generation };
    const wanted: BudgetStatus = {
      ...(Object.keys(disruptedPods).length > 0 && { disruptedPods }),
      currentHealthy,
      desiredHealthy,
      expectedPods,
      disruptionsAllowed: allowed,
      observedGeneration: generation,
      conditions: withCondition(status?.conditions, condition, timestampOf(clock.now())),
    };
    return { ...fresh, status: wanted };
  });
}

/** Pods that were evicted a short while ago and are still there, unmarked. */
function stillDisrupted(
  disrupted: { readonly [pod: string]: string },
  pods: readonly Pod[],
  now: number,
): { readonly [pod: string]: string } {
  return Object.fromEntries(
    Object.entries(disrupted).filter(([name, time]) => {
      const pod = pods.find(({ metadata }) => metadata.name === name);
      return pod !== undefined && !pod.metadata.deletionTimestamp && Date.parse(time) + evictionMs > now;
    }),
  );
}
