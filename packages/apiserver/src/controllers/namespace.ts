import { type Catalogue, findResource, type KubeObject, type ResourceInfo, timestampOf } from "@sallyport/kube";
import { isEqual } from "../registry/equality.ts";
import type { CacheEvent } from "../registry/history.ts";
import { type Condition, withCondition } from "./conditions.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { ownKey, reconciler } from "./reconciler.ts";

const namespaceInfo = findResource("", "v1", "namespaces") as ResourceInfo;

/** Every resource that lives in namespaces, once. */
function contentsOf(catalogue: Catalogue): readonly ResourceInfo[] {
  return [...catalogue.all()].filter(({ namespaced, resource, group, version, verbs }) => {
    const isListed = namespaced && !resource.includes("/") && verbs.includes("list");
    return isListed && catalogue.preferred(group, resource)?.version === version;
  });
}

/** Empties namespaces that are being deleted, then lets them go. */
export const namespace: ControllerKind = {
  name: "namespace-controller",
  alias: "namespace",
  account: "namespace-controller",
  create: (context) => {
    const goingOnly = ({ namespace: target, object }: CacheEvent) =>
      object === undefined && isGoing(context.cache.get("", "namespaces", "", target)) ? [target] : [];
    return reconciler(
      {
        name: namespace.name,
        follows: [
          { group: "", resource: "namespaces", keys: ownKey },
          { group: "", resource: "*", keys: goingOnly },
        ],
        sync: async (name, again) => {
          const found = context.cache.get("", "namespaces", "", name);
          if (isGoing(found) && !(await isEmptied(name, context))) again.add(name);
        },
      },
      context,
    );
  },
};

function isGoing(found: KubeObject | undefined): boolean {
  return Boolean(found?.metadata.deletionTimestamp);
}

/**
 * Deletes what lies in the namespace; when nothing did, the namespace itself. Objects with finalizers are waited for.
 * False when it must look again: objects that it deletes may have been changed by others since, and others may come.
 */
async function isEmptied(name: string, { cache, registry, catalogue, clock }: ControllerContext): Promise<boolean> {
  const deletionTimestamp = timestampOf(clock.now());
  const left: Left = { resources: new Map(), finalizers: new Map() };
  let isLast = true;
  for (const info of contentsOf(catalogue)) {
    for (const object of cache.list(info.group, info.resource, name)) {
      const isHeld = (object.metadata.finalizers ?? []).length > 0;
      if (isHeld) note(left, `${info.resource}.${info.group}`, object.metadata.finalizers ?? []);
      if (isHeld && object.metadata.deletionTimestamp) continue;
      isLast = false;
      const marked = isHeld
        ? { ...object, metadata: { ...object.metadata, deletionTimestamp, deletionGracePeriodSeconds: 0 } }
        : undefined;
      await registry.writeDirect(marked, object, info, name, object.metadata.name ?? "", "kube-controller-manager");
    }
  }
  const current = cache.get("", "namespaces", "", name);
  if (current === undefined) return true;
  if (left.resources.size === 0 && !isLast) return false;
  const next = left.resources.size > 0 ? remaining(current, left, deletionTimestamp) : finalized(current);
  if (isEqual(next, current)) return isLast;
  return (await registry.writeDirect(next, current, namespaceInfo, "", name)) && isLast;
}

/** How many there still are: of each resource, and held by each finalizer. */
interface Left {
  readonly resources: Map<string, number>;
  readonly finalizers: Map<string, number>;
}

function note({ resources, finalizers }: Left, resource: string, holders: readonly string[]): void {
  resources.set(resource, (resources.get(resource) ?? 0) + 1);
  for (const each of holders) finalizers.set(each, (finalizers.get(each) ?? 0) + 1);
}

/** Empty for Kubernetes; undefined when it is so for all others too, then it may go. */
function finalized(namespace: KubeObject): KubeObject | undefined {
  const { finalizers = [], ...spec } = (namespace["spec"] ?? {}) as { readonly finalizers?: readonly string[] };
  const others = finalizers.filter((each) => each !== "kubernetes");
  if (others.length === 0 && (namespace.metadata.finalizers ?? []).length === 0) return undefined;
  return { ...namespace, spec: others.length === 0 ? spec : { ...spec, finalizers: others } };
}

/** Says in the namespace's conditions what it waits for. */
function remaining(namespace: KubeObject, { resources, finalizers }: Left, now: string): KubeObject {
  const texts = (counts: ReadonlyMap<string, number>, word: string) =>
    [...counts]
      .map(([each, count]) => `${each} ${word} ${count} resource instances`)
      .sort()
      .join(", ");
  const wanted: readonly (readonly [type: string, status: Condition["status"], reason: string, message: string])[] = [
    ["NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered"],
    [
      "NamespaceDeletionGroupVersionParsingFailure",
      "False",
      "ParsedGroupVersions",
      "All legacy kube types successfully parsed",
    ],
    [
      "NamespaceDeletionContentFailure",
      "False",
      "ContentDeleted",
      "All content successfully deleted, may be waiting on finalization",
    ],
    [
      "NamespaceContentRemaining",
      "True",
      "SomeResourcesRemain",
      `Some resources are remaining: ${texts(resources, "has")}`,
    ],
    [
      "NamespaceFinalizersRemaining",
      "True",
      "SomeFinalizersRemain",
      `Some content in the namespace has finalizers remaining: ${texts(finalizers, "in")}`,
    ],
  ];
  const status = (namespace["status"] ?? {}) as { readonly conditions?: readonly Condition[] };
  const conditions = wanted.reduce<readonly Condition[]>(
    (all, [type, value, reason, message]) => withCondition(all, { type, status: value, reason, message }, now),
    status.conditions ?? [],
  );
  return { ...namespace, status: { ...status, conditions } };
}
