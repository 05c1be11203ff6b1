import { type KubeObject, parseApiVersion, type ResourceInfo, StatusError, timestampOf } from "@sallyport/kube";
import { withCondition } from "../../controllers/conditions.ts";
import { allowance, type DisruptionBudget, isBudgeted } from "../../controllers/disruption-budgets.ts";
import { isFinished, isReady, type Pod } from "../../controllers/pods.ts";
import type { DeleteOptions, WriteContext } from "../../registry/context.ts";
import { admitSent } from "../../registry/sent.ts";
import { write } from "../answer.ts";
import { decodeObjectBody } from "../body.ts";
import type { HandlerOptions } from "../call.ts";
import { readObject } from "../read-object.ts";
import type { Subresource } from "./subresource.ts";

const evictionKind = { group: "policy", kind: "Eviction", version: "v1", schema: "io.k8s.api.policy.v1.Eviction" };

/** A budget remembers no more evicted pods that are still there: more means that nobody looks after it. */
const maxDisrupted = 2000;

const violation = "Cannot evict pod as it would violate the pod's disruption budget.";

/** policy/v1 Eviction: a deletion that the pod's disruption budget must allow. */
export const eviction: Subresource = {
  name: "pods/eviction",
  serve: async ({ call, context, bytes, type }, options) => {
    const sent = decodeObjectBody(bytes, type, "Eviction");
    // A version that is served no more may still be sent.
    const version = sent.value["apiVersion"] === "policy/v1beta1" ? "v1beta1" : "v1";
    const kind = { ...evictionKind, version };
    const admitted = await admitSent(options.registry, kind, sent, context, options.now(), async (each) => {
      if (each.metadata.name !== context.name)
        throw new StatusError("BadRequest", "name in URL does not match name in Eviction object");
      return each;
    });
    const { deleteOptions = {} } = admitted as { readonly deleteOptions?: DeleteOptions };
    const dryRun = context.dryRun || deleteOptions.dryRun?.includes("All") === true;
    const pod = readObject(call, context.info, options) as Pod;
    if (!isFree(pod)) {
      await spend(pod, dryRun, options);
      if (!dryRun) await markEvicted(pod, context, options);
    }
    await options.registry.delete(deleteOptions, { ...context, dryRun, subresource: "" }, "unasked");
    write(call, 201, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 });
  },
};

/** No budget counts a pod that serves nobody. */
function isFree(pod: Pod): boolean {
  return isFinished(pod) || pod.status?.phase === "Pending" || Boolean(pod.metadata.deletionTimestamp);
}

/** Takes the eviction out of the pod's budget, or throws what the budget says. */
async function spend(pod: Pod, dryRun: boolean, { cache, catalogue, registry, now }: HandlerOptions): Promise<void> {
  const { namespace = "" } = pod.metadata;
  for (;;) {
    const all = cache.list("policy", "poddisruptionbudgets", namespace) as readonly DisruptionBudget[];
    const [budget, another] = all.filter((each) => isBudgeted(each, pod));
    if (budget === undefined) return;
    if (another !== undefined)
      throw new StatusError(
        "InternalError",
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
      );
    if (!isReady(pod) && mayGoUnhealthy(budget)) return;
    check(budget);
    if (dryRun) return;
    const info = catalogue.findKind("policy", parseApiVersion(budget.apiVersion).version, "PodDisruptionBudget");
    const spent = spentFor(budget, pod, now());
    if (await registry.writeDirect(spent, budget, info as ResourceInfo, namespace, budget.metadata.name ?? "")) return;
  }
}

/** A pod that is not ready is in nobody's way: unless the budget's own pods are too few already. */
function mayGoUnhealthy({ spec, status = {} }: DisruptionBudget): boolean {
  const { currentHealthy = 0, desiredHealthy = 0 } = status;
  if (spec.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

function check({ metadata, status = {} }: DisruptionBudget): void {
  const name = metadata.name ?? "";
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    throw refusal(`The disruption budget ${name} is still being processed by the server.`, 10);
  const { disruptionsAllowed = 0, desiredHealthy = 0, currentHealthy = 0, disruptedPods = {} } = status;
  if (disruptionsAllowed < 0) throw forbidden(name, "pdb disruptions allowed is negative");
  if (Object.keys(disruptedPods).length > maxDisrupted)
    throw forbidden(name, "DisruptedPods map too big - too many evictions not confirmed by PDB controller");
  if (disruptionsAllowed > 0) return;
  const failure = status.conditions?.find(
    ({ type, reason }) => type === "DisruptionAllowed" && reason === "SyncFailed",
  );
  throw refusal(
    failure === undefined
      ? `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
      : `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${failure.message}`,
    0,
  );
}

function refusal(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError("TooManyRequests", violation, {
    causes: [{ reason: "DisruptionBudget", message }],
    ...(retryAfterSeconds > 0 && { retryAfterSeconds }),
  });
}

function forbidden(name: string, why: string): StatusError {
  const message = `poddisruptionbudgets.policy ${JSON.stringify(name)} is forbidden: ${why}`;
  return new StatusError("Forbidden", message, { name, group: "policy", kind: "poddisruptionbudgets" });
}

function spentFor(budget: DisruptionBudget, { metadata }: Pod, now: number): KubeObject {
  const { status = {} } = budget;
  const allowed = (status.disruptionsAllowed ?? 0) - 1;
  const disruptedPods = { ...status.disruptedPods, [metadata.name ?? ""]: timestampOf(now) };
  const condition = { ...allowance(allowed), observedGeneration: budget.metadata.generation ?? 0 };
  const conditions = allowed > 0 ? status.conditions : withCondition(status.conditions, condition, timestampOf(now));
  return { ...budget, status: { ...status, disruptionsAllowed: allowed, disruptedPods, conditions } };
}

/** Says in the pod why it goes. */
async function markEvicted(
  pod: Pod,
  { info, namespace, name }: WriteContext,
  { cache, registry, now }: HandlerOptions,
): Promise<void> {
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
    lastProbeTime: null,
  } as const;
  let current: Pod | undefined = pod;
  while (current !== undefined && current.metadata.uid === pod.metadata.uid) {
    const conditions = withCondition(current.status?.conditions, condition, timestampOf(now()));
    const marked = { ...current, status: { ...current.status, conditions } };
    if (await registry.writeDirect(marked, current, info, namespace, name)) return;
    current = cache.get("", "pods", namespace, name) as Pod | undefined;
  }
}
