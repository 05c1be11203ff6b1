import { type KubeObject, matchesSelector, timestampOf } from "@sallyport/kube";
import { isReason } from "./client.ts";
import { findCondition } from "./conditions.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import {
  annotationNames,
  type Deployment,
  type DeploymentStatus,
  findNewReplicaSet,
  hashLabel,
  inherited,
  type ReplicaSet,
  revisionOf,
} from "./deployment-objects.ts";
import { availableOf, fencepostsOf, newSize, oldSizes, proportionalSizes, sizeOf } from "./deployment-sizes.ts";
import { deadlineIn, hasDeadline, isComplete, put, statusOf, withProgress } from "./deployment-status.ts";
import { claim, controllerReference, managerKeys } from "./owners.ts";
import { createdAt, isFinished, type Pod } from "./pods.ts";
import { type Again, ownKey, partsOf, reconciler } from "./reconciler.ts";
import { templateHash } from "./template-hash.ts";

/** Brings pods of one template after another through ReplicaSets: all at once, or a few at a time. */
export const deployment: ControllerKind = {
  name: "deployment-controller",
  alias: "deployment",
  account: "deployment-controller",
  create: (context) => {
    const { cache } = context;
    const candidates = (namespace: string) => () =>
      (cache.list("apps", "deployments", namespace) as readonly Deployment[]).map(
        (each) => [each, each.spec.selector] as const,
      );
    return reconciler(
      {
        name: deployment.name,
        follows: [
          { group: "apps", resource: "deployments", keys: ownKey },
          {
            group: "apps",
            resource: "replicasets",
            keys: (event) => managerKeys(event, "Deployment", candidates(event.namespace)),
          },
          {
            // Recreate waits until the last old pod is gone.
            group: "",
            resource: "pods",
            keys: ({ namespace, object, previous }) =>
              object !== undefined
                ? []
                : candidates(namespace)()
                    .filter(
                      ([each, selector]) =>
                        isRecreate(each) && matchesSelector(selector, previous?.metadata.labels ?? {}),
                    )
                    .map(([each]) => `${namespace}/${each.metadata.name}`),
          },
        ],
        sync: async (key, again) => {
          const found = cache.get("apps", "deployments", ...partsOf(key)) as Deployment | undefined;
          if (found !== undefined) await new Rollout(found, key, again, context).run();
        },
      },
      context,
    );
  },
};

function isRecreate({ spec }: Deployment): boolean {
  return spec.strategy?.type === "Recreate";
}

/** One look at one Deployment. */
class Rollout {
  readonly #context: ControllerContext;
  readonly #key: string;
  readonly #again: Again;
  #deployment: Deployment;
  #all: readonly ReplicaSet[] = [];
  #fresh: ReplicaSet | undefined;

  constructor(found: Deployment, key: string, again: Again, context: ControllerContext) {
    this.#deployment = found;
    this.#key = key;
    this.#again = again;
    this.#context = context;
  }

  async run(): Promise<void> {
    const { spec, metadata } = this.#deployment;
    this.#all = await this.#claimed();
    this.#fresh = findNewReplicaSet(this.#deployment, this.#all);
    if (metadata.deletionTimestamp) return this.#writeStatus((status) => status);
    await this.#notePause();
    if (spec.paused || this.#isScaled()) {
      if (!spec.paused || this.#fresh !== undefined) await this.#revise();
      await this.#scale();
      if (spec.paused) await this.#cleanUp();
      return this.#writeStatus((status) => status);
    }
    if (isRecreate(this.#deployment)) await this.#recreate();
    else await this.#roll();
    if (isComplete(this.#deployment, this.#status())) await this.#cleanUp();
    const { clock } = this.#context;
    await this.#writeStatus((status) =>
      withProgress(status, this.#deployment, this.#all, this.#fresh, clock.now(), timestampOf(clock.now())),
    );
    const left = hasDeadline(this.#deployment) ? deadlineIn(this.#deployment, clock.now()) : Number.POSITIVE_INFINITY;
    if (left > 0 && Number.isFinite(left)) this.#again.addAfter(this.#key, left);
  }

  async #claimed(): Promise<readonly ReplicaSet[]> {
    const resource = { group: "apps", resource: "replicasets" };
    const found = await claim<ReplicaSet>(this.#deployment, this.#deployment.spec.selector, resource, this.#context);
    return [...found].sort((a, b) => createdAt(a) - createdAt(b) || (name(a) < name(b) ? -1 : 1));
  }

  get #old(): readonly ReplicaSet[] {
    return this.#all.filter((each) => each !== this.#fresh);
  }

  /** Somebody changed `spec.replicas`: the ReplicaSets with pods were made for another number. */
  #isScaled(): boolean {
    return this.#all.some((each) => {
      const desired = each.metadata.annotations?.[annotationNames.desiredReplicas];
      return sizeOf(each) > 0 && desired !== undefined && Number(desired) !== (this.#deployment.spec.replicas ?? 1);
    });
  }

  async #roll(): Promise<void> {
    const fresh = await this.#revise();
    const own = sizeOf(fresh);
    const wanted = newSize(this.#deployment, own, this.#all);
    if (wanted !== own) {
      await this.#resize(fresh, wanted);
      return;
    }
    for (const [each, size] of oldSizes(this.#deployment, fresh, this.#old)) await this.#resize(each, size);
  }

  async #recreate(): Promise<void> {
    for (const each of this.#old) await this.#resize(each, 0);
    const owners = new Set(this.#old.map(({ metadata }) => metadata.uid));
    const pods = this.#context.cache.list("", "pods", this.#deployment.metadata.namespace) as readonly Pod[];
    const isOld = ({ metadata }: Pod) => metadata.ownerReferences?.some(({ uid }) => owners.has(uid)) === true;
    if (pods.some((pod) => isOld(pod) && !isFinished(pod))) return;
    await this.#resize(await this.#revise(), this.#deployment.spec.replicas ?? 1);
  }

  /** The ReplicaSet of the template, made when it is missing, with the newest revision. */
  async #revise(): Promise<ReplicaSet> {
    const revision = Math.max(0, ...this.#old.map(revisionOf)) + 1;
    const fresh = this.#fresh === undefined ? await this.#create(revision) : await this.#renew(this.#fresh, revision);
    const annotation = fresh.metadata.annotations?.[annotationNames.revision] ?? String(revision);
    // With the status: changes of annotations by a Deployment itself are counted.
    this.#deployment = (await this.#context.client.updateStatus(this.#deployment, (each) =>
      withAnnotations(each, { [annotationNames.revision]: annotation }),
    )) as Deployment;
    return fresh;
  }

  async #renew(found: ReplicaSet, revision: number): Promise<ReplicaSet> {
    const { minReadySeconds } = this.#deployment.spec;
    const isNewer = revision > revisionOf(found);
    const renewed = (await this.#context.client.update(found, (each) => {
      const { minReadySeconds: _, ...spec } = (each as ReplicaSet).spec;
      return {
        ...withAnnotations(each, { ...inherited(this.#deployment), ...(isNewer ? revised(each, revision) : {}) }),
        spec: { ...spec, ...(minReadySeconds && { minReadySeconds }) },
      };
    })) as ReplicaSet;
    this.#replace(found, renewed);
    if (findCondition(this.#deployment.status?.conditions, "Progressing") === undefined)
      await this.#progress("FoundNewReplicaSet", `Found new replica set "${name(renewed)}"`);
    return renewed;
  }

  async #create(revision: number): Promise<ReplicaSet> {
    const { metadata, spec, status } = this.#deployment;
    const hash = templateHash(spec.template, status?.collisionCount ?? 0);
    const size = newSize(this.#deployment, 0, this.#all);
    const labels = { ...spec.template.metadata?.labels, [hashLabel]: hash };
    const object: KubeObject = {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: {
        name: `${metadata.name}-${hash}`,
        namespace: metadata.namespace ?? "",
        labels,
        annotations: {
          ...inherited(this.#deployment),
          ...this.#sizeNotes(),
          [annotationNames.revision]: String(revision),
        },
        ownerReferences: [controllerReference(this.#deployment)],
      },
      spec: {
        replicas: size,
        ...(spec.minReadySeconds && { minReadySeconds: spec.minReadySeconds }),
        selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [hashLabel]: hash } },
        template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
      },
    };
    const made = await this.#createOrCollide(object);
    this.#fresh = made;
    this.#all = [...this.#all, made];
    if (size > 0) this.#tell(`Scaled up replica set ${name(made)} from 0 to ${size}`);
    await this.#progress("NewReplicaSetCreated", `Created new replica set "${name(made)}"`);
    return made;
  }

  /** Another object of the same name makes us try another name the next time. */
  async #createOrCollide(object: KubeObject): Promise<ReplicaSet> {
    try {
      return (await this.#context.client.create(object)) as ReplicaSet;
    } catch (error) {
      if (isReason(error, "AlreadyExists"))
        await this.#context.client.updateStatus(this.#deployment, (each) => {
          const status = (each as Deployment).status ?? {};
          return { ...each, status: { ...status, collisionCount: (status.collisionCount ?? 0) + 1 } };
        });
      else await this.#progress("ReplicaSetCreateError", (error as Error).message, "False");
      throw error;
    }
  }

  async #scale(): Promise<void> {
    const replicas = this.#deployment.spec.replicas ?? 1;
    const active = this.#all.filter((each) => sizeOf(each) > 0);
    const [only] = active.length === 0 ? [this.#fresh ?? this.#all.at(-1)] : active;
    if (active.length <= 1) {
      if (only !== undefined) await this.#resize(only, replicas);
    } else if (this.#fresh !== undefined && isSaturated(this.#fresh, replicas)) {
      for (const each of active) if (each !== this.#fresh) await this.#resize(each, 0);
    } else if (!isRecreate(this.#deployment)) {
      for (const [each, size] of proportionalSizes(this.#deployment, active)) await this.#resize(each, size);
    }
  }

  async #resize(found: ReplicaSet, size: number): Promise<void> {
    const own = sizeOf(found);
    const resized = await this.#context.client.update(found, (each) => ({
      ...withAnnotations(each, own === size && size === 0 ? {} : this.#sizeNotes()),
      spec: { ...(each as ReplicaSet).spec, replicas: size },
    }));
    this.#replace(found, resized as ReplicaSet);
    if (own !== size)
      this.#tell(`Scaled ${size > own ? "up" : "down"} replica set ${name(found)} from ${own} to ${size}`);
  }

  #sizeNotes(): { readonly [key: string]: string } {
    const replicas = this.#deployment.spec.replicas ?? 1;
    return {
      [annotationNames.desiredReplicas]: String(replicas),
      [annotationNames.maxReplicas]: String(replicas + fencepostsOf(this.#deployment).maxSurge),
    };
  }

  #replace(old: ReplicaSet, each: ReplicaSet): void {
    if (this.#fresh === old) this.#fresh = each;
    this.#all = this.#all.map((one) => (one === old ? each : one));
  }

  /** Deletes the oldest ReplicaSets that have no pods, beyond the number that is kept for rollbacks. */
  async #cleanUp(): Promise<void> {
    const { revisionHistoryLimit } = this.#deployment.spec;
    if (revisionHistoryLimit === undefined) return;
    const old = this.#old.filter(({ metadata }) => !metadata.deletionTimestamp);
    const surplus = old.length - revisionHistoryLimit;
    const byRevision = [...old].sort((a, b) => revisionOf(a) - revisionOf(b));
    for (const each of byRevision.slice(0, Math.max(0, surplus))) {
      const isSettled = (each.status?.observedGeneration ?? 0) >= (each.metadata.generation ?? 0);
      if (sizeOf(each) === 0 && (each.status?.replicas ?? 0) === 0 && isSettled)
        await this.#context.client.delete(each);
    }
  }

  async #notePause(): Promise<void> {
    if (!hasDeadline(this.#deployment)) return;
    const reason = findCondition(this.#deployment.status?.conditions, "Progressing")?.reason;
    if (reason === "ProgressDeadlineExceeded") return;
    const { paused = false } = this.#deployment.spec;
    if (paused && reason !== "DeploymentPaused")
      await this.#progress("DeploymentPaused", "Deployment is paused", "Unknown");
    if (!paused && reason === "DeploymentPaused")
      await this.#progress("DeploymentResumed", "Deployment is resumed", "Unknown");
  }

  async #progress(reason: string, message: string, status: "True" | "False" | "Unknown" = "True"): Promise<void> {
    if (!hasDeadline(this.#deployment)) return;
    const condition = { type: "Progressing", status, reason, message };
    this.#deployment = (await this.#context.client.updateStatus(this.#deployment, (each) => {
      const current = (each as Deployment).status ?? {};
      return {
        ...each,
        status: { ...current, conditions: put(current.conditions, condition, timestampOf(this.#context.clock.now())) },
      };
    })) as Deployment;
  }

  #status(): DeploymentStatus {
    return statusOf(this.#deployment, this.#all, this.#fresh, timestampOf(this.#context.clock.now()));
  }

  async #writeStatus(finish: (status: DeploymentStatus) => DeploymentStatus): Promise<void> {
    const status = finish(this.#status());
    this.#deployment = (await this.#context.client.updateStatus(this.#deployment, (each) => ({
      ...each,
      status,
    }))) as Deployment;
  }

  #tell(message: string): void {
    this.#context.record(this.#deployment, "Normal", "ScalingReplicaSet", message);
  }
}

function name({ metadata }: KubeObject): string {
  return metadata.name ?? "";
}

/** All its pods are there and available, as many as are wanted: nothing else is needed. */
function isSaturated(fresh: ReplicaSet, replicas: number): boolean {
  const desired = Number(fresh.metadata.annotations?.[annotationNames.desiredReplicas]);
  return sizeOf(fresh) === replicas && desired === replicas && availableOf(fresh) === replicas;
}

/** The annotations of a ReplicaSet that comes back as a newer revision. */
function revised({ metadata }: KubeObject, revision: number): { readonly [key: string]: string } {
  const { [annotationNames.revision]: old, [annotationNames.revisionHistory]: history } = metadata.annotations ?? {};
  const past = [history, old].filter(Boolean).join(",");
  return { [annotationNames.revision]: String(revision), ...(past && { [annotationNames.revisionHistory]: past }) };
}

function withAnnotations(object: KubeObject, annotations: { readonly [key: string]: string }): KubeObject {
  if (Object.keys(annotations).length === 0) return object;
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...annotations } },
  };
}
