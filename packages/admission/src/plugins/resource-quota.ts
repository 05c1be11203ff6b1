import { evaluatorFor, type KubeObject, StatusError } from "@sallyport/kube";
import type { Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { denyWith, forbiddenStatus, pass, skip } from "../refusals.ts";
import type { ChainEffects } from "../snapshot.ts";
import { type LimitedResource, type QuotaFault, usedAfter } from "./resource-quota-check.ts";

/** How often the usage is written again when another server has written it meanwhile; upstream's number. */
const maxTries = 4;

interface Waiter {
  readonly context: PluginContext;
  readonly settle: (result: PluginResult) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * ResourceQuota: what a namespace's quotas do not allow is refused, and what is admitted is counted in their status before it is
 * stored. The writes that wait at one time are counted together, by one update of each quota; a usage that another server has changed is
 * counted anew. A dry run counts nothing. Last of all, so that it sees what every other plugin has made of the object.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#resourcequota
 */
export function createResourceQuota(limited: readonly LimitedResource[] = []): Plugin {
  const waiting = new Map<string, Waiter[]>();
  const work = async (namespace: string): Promise<void> => {
    for (let batch = waiting.get(namespace) ?? []; batch.length > 0; batch = waiting.get(namespace) ?? []) {
      waiting.set(namespace, []);
      await countAll(batch, limited);
    }
    waiting.delete(namespace);
  };
  return {
    name: "ResourceQuota",
    operations: ["CREATE", "UPDATE"],
    validate: (context) => {
      const { request, snapshot } = context;
      const { group, resource } = request.resource;
      const { namespace, operation, subResource: subresource, object, oldObject } = request;
      const isNamespace = group === "" && resource === "namespaces";
      if (namespace === "" || isNamespace || object === null) return skip("not in a namespace");
      const evaluator = evaluatorFor(group, resource);
      if (evaluator?.handles({ operation, subresource, object, oldObject }) !== true) return pass("uses no quota");
      if (limited.length === 0 && snapshot.objects.list("", "resourcequotas", namespace).length === 0)
        return pass("the namespace has no quota");
      return new Promise<PluginResult>((settle, fail) => {
        const waiter = { context, settle, fail };
        const others = waiting.get(namespace);
        if (others !== undefined) others.push(waiter);
        else {
          waiting.set(namespace, [waiter]);
          void work(namespace);
        }
      });
    },
  };
}

/** Never rejects: each waiter learns of its own. */
async function countAll(batch: readonly Waiter[], limited: readonly LimitedResource[]): Promise<void> {
  let left = batch;
  let isOpen = (_quota: KubeObject) => true;
  for (let tries = 1; left.length > 0; tries++) {
    const { admitted, changed } = judge(left, isOpen, limited);
    const { failed, error } = await write(changed, (batch[0] as Waiter).context.effects);
    left = failed.size === 0 ? [] : admitted;
    if (failed.size === 0) for (const { settle } of admitted) settle(pass());
    else if (tries === maxTries || !isConflict(error)) {
      for (const { fail } of admitted) fail(error);
      return;
    }
    // What has been counted already stays counted.
    isOpen = (quota) => failed.has(quota.metadata.name ?? "");
  }
}

/** Refuses those that have no room; answers the others, and the quotas whose usage they change. */
function judge(
  batch: readonly Waiter[],
  isOpen: (quota: KubeObject) => boolean,
  limited: readonly LimitedResource[],
): { readonly admitted: readonly Waiter[]; readonly changed: readonly KubeObject[] } {
  const { snapshot, request } = (batch[0] as Waiter).context;
  const before = snapshot.objects.list("", "resourcequotas", request.namespace).filter(isOpen);
  let quotas: readonly KubeObject[] = before;
  const admitted: Waiter[] = [];
  for (const waiter of batch) {
    const { request: each, effects } = waiter.context;
    const after = usedAfter(quotas, each, effects.now(), limited);
    if ("message" in after) waiter.settle(refusal(waiter.context, after));
    else admitted.push(waiter);
    if (!("message" in after) && !each.dryRun) quotas = after.quotas;
  }
  return { admitted, changed: quotas.filter((quota, at) => quota !== before[at]) };
}

function refusal({ request }: PluginContext, { message, isPlain }: QuotaFault): PluginResult {
  const error = isPlain ? new StatusError(undefined, message) : forbiddenStatus(request, message);
  return denyWith(error, [{ code: "resource-quota", message, fieldPath: "" }]);
}

/** Writes the usages; the names of those that somebody else has written meanwhile, and the last error. */
async function write(
  quotas: readonly KubeObject[],
  { updateStatus }: ChainEffects,
): Promise<{ readonly failed: ReadonlySet<string>; readonly error?: unknown }> {
  const failed = new Set<string>();
  let last: unknown;
  for (const quota of quotas) {
    try {
      await updateStatus?.(quota);
    } catch (error) {
      failed.add(quota.metadata.name ?? "");
      last = error;
    }
  }
  return failed.size === 0 ? { failed } : { failed, error: last };
}

function isConflict(error: unknown): boolean {
  return error instanceof StatusError && error.status.reason === "Conflict";
}
