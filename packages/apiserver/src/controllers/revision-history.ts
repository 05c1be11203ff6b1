import type { KubeObject, LabelSelectorObject } from "@sallyport/kube";
import { isEqual } from "../registry/equality.ts";
import { type Client, isReason } from "./client.ts";
import type { ControllerContext } from "./controller.ts";
import { claim, controllerReference } from "./owners.ts";
import { createdAt } from "./pods.ts";

/** apps/v1 ControllerRevision: what a template was at some time, as a patch of its owner. */
export interface ControllerRevision extends KubeObject {
  readonly data: RevisionData;
  readonly revision: number;
}

interface RevisionData {
  readonly spec: { readonly template: { readonly [field: string]: unknown } };
}

/** An owner whose templates are remembered. */
export interface Revised extends KubeObject {
  readonly spec: {
    readonly selector: LabelSelectorObject;
    readonly template: { readonly metadata?: { readonly labels?: { readonly [key: string]: string } } };
    readonly revisionHistoryLimit?: number;
  };
}

/** How a kind names its revisions. */
export interface RevisionNaming {
  /** The label that has the hash. */
  readonly label: string;
  readonly hashOf: (data: unknown, collisions: number) => string;
}

/** The owner's revisions, the oldest first. */
export async function revisionsOf(owner: Revised, context: ControllerContext): Promise<readonly ControllerRevision[]> {
  const resource = { group: "apps", resource: "controllerrevisions" };
  const found = await claim<ControllerRevision>(owner, owner.spec.selector, resource, context);
  return [...found].sort((a, b) => a.revision - b.revision || createdAt(a) - createdAt(b));
}

/** What `kubectl rollout undo` patches the owner with. */
export function dataOf({ spec: { template } }: Revised): RevisionData {
  return { spec: { template: { ...template, $patch: "replace" } } };
}

/** The template that a revision remembers. */
export function templateOf({ data }: ControllerRevision): { readonly [field: string]: unknown } {
  const { $patch: _, ...template } = data.spec.template;
  return template;
}

/**
 * The revision of the owner's template as it is now, the newest of all: one that is found is renumbered, a missing one made.
 * Answers how many names were taken by others, too.
 */
export async function newestRevision(
  owner: Revised,
  found: readonly ControllerRevision[],
  collisions: number,
  naming: RevisionNaming,
  client: Client,
): Promise<{ readonly newest: ControllerRevision; readonly collisions: number }> {
  const data = dataOf(owner);
  const equal = found.filter((each) => isEqual(each.data, data)).at(-1);
  const last = found.at(-1);
  if (equal !== undefined && equal === last) return { newest: equal, collisions };
  const revision = (last?.revision ?? 0) + 1;
  if (equal === undefined) return createRevision(owner, data, revision, collisions, naming, client);
  const newest = await client.update(equal, (fresh) => ({ ...fresh, revision }));
  return { newest: newest as ControllerRevision, collisions };
}

async function createRevision(
  owner: Revised,
  data: RevisionData,
  revision: number,
  collisions: number,
  naming: RevisionNaming,
  client: Client,
): Promise<{ readonly newest: ControllerRevision; readonly collisions: number }> {
  const { name, namespace = "", annotations } = owner.metadata;
  const hash = naming.hashOf(data, collisions);
  const object: ControllerRevision = {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...owner.spec.template.metadata?.labels, [naming.label]: hash },
      ...(annotations && { annotations }),
      ownerReferences: [controllerReference(owner)],
    },
    data,
    revision,
  };
  try {
    return { newest: (await client.create(object)) as ControllerRevision, collisions };
  } catch (error) {
    if (!isReason(error, "AlreadyExists")) throw error;
    return createRevision(owner, data, revision, collisions + 1, naming, client);
  }
}

/** Deletes the oldest revisions that nothing lives by, beyond the limit. */
export async function truncateHistory(
  { spec: { revisionHistoryLimit = 10 } }: Revised,
  found: readonly ControllerRevision[],
  isLive: (revision: ControllerRevision) => boolean,
  client: Client,
): Promise<void> {
  const idle = found.filter((each) => !isLive(each));
  for (const each of idle.slice(0, Math.max(0, idle.length - revisionHistoryLimit))) await client.delete(each);
}
