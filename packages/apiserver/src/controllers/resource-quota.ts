import { evaluatorFor, type KubeObject, quotaStatus } from "@sallyport/kube";
import { isEqual } from "../registry/equality.ts";
import type { CacheEvent } from "../registry/history.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { ownKey, partsOf, reconciler } from "./reconciler.ts";

/** kube-controller-manager's `--resource-quota-sync-period`: what was missed is counted then at the latest. */
const resyncMs = 5 * 60_000;

/** What may use less, or another kind of, resources while it exists. All others change by coming and going. */
const changing = new Set(["pods", "services", "persistentvolumeclaims"]);

/**
 * The status of quotas says what is used. What is created is counted by admission before it is there; here what goes, or changes so that
 * it uses less, is taken off, and all is counted anew where limits change and from time to time.
 */
export const resourceQuota: ControllerKind = {
  name: "resourcequota-controller",
  alias: "resourcequota",
  account: "resourcequota-controller",
  create: (context) =>
    reconciler(
      {
        name: resourceQuota.name,
        follows: [
          { group: "", resource: "resourcequotas", keys: (event) => (isOfInterest(event) ? ownKey(event) : []) },
          { group: "", resource: "*", keys: (event) => replenished(event, context) },
        ],
        sync: async (key, again) => {
          await count(key, context);
          if (context.cache.get("", "resourcequotas", ...partsOf(key)) !== undefined) again.addAfter(key, resyncMs);
        },
      },
      context,
    ),
};

/** A new quota, other limits, or a usage that nobody knows yet. */
function isOfInterest({ object, previous }: CacheEvent): boolean {
  if (object === undefined || previous === undefined) return object !== undefined;
  const isKnown = (object["status"] as { readonly used?: object } | undefined)?.used !== undefined;
  return !isKnown || !isEqual(object["spec"], previous["spec"]);
}

/** The quotas of a namespace where something uses less. */
function replenished(event: CacheEvent, { cache, clock }: ControllerContext): readonly string[] {
  const { namespace, resource, object, previous } = event;
  if (namespace === "" || previous === undefined) return [];
  if (object !== undefined && !(resource.group === "" && changing.has(resource.resource))) return [];
  const quotas = cache.list("", "resourcequotas", namespace);
  if (quotas.length === 0) return [];
  const evaluator = evaluatorFor(resource.group, resource.resource);
  if (evaluator === undefined) return [];
  if (object !== undefined && isEqual(usageText(object), usageText(previous))) return [];
  return quotas.map(({ metadata }) => `${namespace}/${metadata.name}`);

  function usageText(of: KubeObject): object {
    const amounts = evaluator?.usage(of, clock.now()) ?? [];
    return Object.fromEntries([...amounts].map(([name, { nanos }]) => [name, String(nanos)]));
  }
}

async function count(key: string, { cache, client, catalogue, clock }: ControllerContext): Promise<void> {
  const [namespace, name] = partsOf(key);
  const quota = cache.get("", "resourcequotas", namespace, name);
  if (quota === undefined) return;
  const list = (group: string, resource: string) => cache.list(group, resource, namespace);
  if (quotaStatus(quota, catalogue.all(), list, clock.now()) === undefined) return;
  await client.updateStatus(quota, (fresh) => {
    const status = quotaStatus(fresh, catalogue.all(), list, clock.now());
    return status === undefined ? fresh : { ...fresh, status };
  });
}
