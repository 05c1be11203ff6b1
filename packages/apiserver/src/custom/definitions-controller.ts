import {
  type DefinitionCondition,
  type DefinitionNames,
  type DefinitionStatus,
  definitionOf,
  findResource,
  hasCondition,
  type KubeObject,
  type ResourceInfo,
} from "@sallyport/kube";
import type { Cache } from "../registry/cache.ts";
import { isEqual } from "../registry/equality.ts";
import type { Registry } from "../registry/registry.ts";
import { definitionsResource, resourcesOf } from "./catalogue.ts";
import { cleanupFinalizer } from "./stored-versions.ts";

const definitionInfo = findResource("apiextensions.k8s.io", "v1", "customresourcedefinitions") as ResourceInfo;

/** Groups whose definitions need the approval of Kubernetes' reviewers. */
const protectedGroup = /(^|\.)(k8s\.io|kubernetes\.io)$/;

type Condition = Omit<DefinitionCondition, "lastTransitionTime">;

/**
 * What becomes of a CustomResourceDefinition: its names are accepted unless another has them, it is established, and when it is
 * deleted, its objects go first. kube-apiserver's naming, establishing, approval and finalizing controllers.
 */
export class DefinitionController {
  readonly #cache: Cache;
  readonly #registry: Registry;
  readonly #timestamp: () => string;
  #stop: (() => void)[] = [];
  /** One piece of work after another. */
  #queue: Promise<void> = Promise.resolve();

  constructor(cache: Cache, registry: Registry, timestamp: () => string) {
    this.#cache = cache;
    this.#registry = registry;
    this.#timestamp = timestamp;
  }

  /** Takes up what was left undone, then follows. */
  start(): void {
    for (const definition of this.#definitions()) this.#enqueue(definition.metadata.name ?? "");
    this.#stop = [
      this.#cache.follow(({ name, object }) => {
        if (object !== undefined) this.#enqueue(name);
        // Names that a definition had may now be another's.
        else for (const each of this.#rejected()) this.#enqueue(each);
      }, definitionsResource),
      this.#cache.follow(({ resource, object }) => {
        const definition = `${resource.resource}.${resource.group}`;
        if (object === undefined && this.#find(definition)?.metadata.deletionTimestamp) this.#enqueue(definition);
      }),
    ];
  }

  async stop(): Promise<void> {
    for (const stop of this.#stop) stop();
    await this.#queue;
  }

  #definitions(): readonly KubeObject[] {
    return this.#cache.list(definitionsResource.group, definitionsResource.resource);
  }

  #find(name: string): KubeObject | undefined {
    return this.#cache.get(definitionsResource.group, definitionsResource.resource, "", name);
  }

  #rejected(): readonly string[] {
    return this.#definitions()
      .filter((each) => !hasCondition(each, "NamesAccepted"))
      .map((each) => each.metadata.name ?? "");
  }

  #enqueue(name: string): void {
    this.#queue = this.#queue
      .then(() => this.#reconcile(name))
      .catch(() => {
        // A lost race or a store that is closing: the next event or the next start takes it up again.
      });
  }

  async #reconcile(name: string): Promise<void> {
    const definition = this.#find(name);
    if (definition === undefined) return;
    if (definition.metadata.deletionTimestamp) await this.#finalize(definition, name);
    else await this.#accept(definition, name);
  }

  async #accept(definition: KubeObject, name: string): Promise<void> {
    const { spec, status } = definitionOf(definition);
    const others = this.#definitions().filter(
      (each) => each !== definition && definitionOf(each).spec.group === spec.group,
    );
    const taken = others.map((each) => definitionOf(each).status.acceptedNames).filter((each) => each !== undefined);
    const { conflict, accepted } = acceptNames(spec.names, status.acceptedNames, taken);
    const wasEstablished = hasCondition(definition, "Established");
    const named: Condition = conflict ?? {
      type: "NamesAccepted",
      status: "True",
      reason: "NoConflicts",
      message: "no conflicts found",
    };
    const established: Condition =
      wasEstablished || conflict === undefined
        ? {
            type: "Established",
            status: "True",
            reason: "InitialNamesAccepted",
            message: "the initial names have been accepted",
          }
        : { type: "Established", status: "False", reason: "NotAccepted", message: "not all names are accepted" };
    const approval = approvalOf(definition);
    const conditions = this.#with(status, [named, ...(wasEstablished ? [] : [established]), ...approval]);
    await this.#writeStatus(definition, name, { ...status, conditions, acceptedNames: accepted });
  }

  async #finalize(definition: KubeObject, name: string): Promise<void> {
    const { status } = definitionOf(definition);
    if (!definition.metadata.finalizers?.includes(cleanupFinalizer)) return;
    const going: Condition = {
      type: "Terminating",
      status: "True",
      reason: "InstanceDeletionInProgress",
      message: "CustomResource deletion is in progress",
    };
    if (status.conditions?.find(({ type }) => type === "Terminating")?.reason !== going.reason) {
      await this.#writeStatus(definition, name, { ...status, conditions: this.#with(status, [going]) });
      return;
    }
    if (!(await this.#isEmptied(definition))) return;
    const finalizers = definition.metadata.finalizers.filter((each) => each !== cleanupFinalizer);
    const { finalizers: _, ...metadata } = definition.metadata;
    const left = { ...definition, metadata: finalizers.length === 0 ? metadata : { ...metadata, finalizers } };
    await this.#registry.writeDirect(finalizers.length === 0 ? undefined : left, definition, definitionInfo, "", name);
  }

  /** Deletes the objects of a definition; those with finalizers are marked and waited for. False also where others changed one. */
  async #isEmptied(definition: KubeObject): Promise<boolean> {
    const info = resourcesOf(definition)[0];
    const { spec } = definitionOf(definition);
    let left = 0;
    for (const object of this.#cache.list(spec.group, spec.names.plural)) {
      const isHeld = (object.metadata.finalizers ?? []).length > 0;
      if (isHeld) left++;
      if (info === undefined || (isHeld && object.metadata.deletionTimestamp)) continue;
      const marked = {
        ...object,
        metadata: {
          ...object.metadata,
          generation: (object.metadata.generation ?? 0) + 1,
          deletionTimestamp: this.#timestamp(),
          deletionGracePeriodSeconds: 0,
        },
      };
      const { name = "", namespace = "" } = object.metadata;
      const isWritten = await this.#registry.writeDirect(isHeld ? marked : undefined, object, info, namespace, name);
      if (isWritten || isHeld) continue;
      left++;
      this.#enqueue(definition.metadata.name ?? "");
    }
    return left === 0;
  }

  /** The conditions with these set; the time of the last transition is that of a change of status. */
  #with({ conditions }: DefinitionStatus, set: readonly Condition[]): readonly DefinitionCondition[] {
    const result = [...(conditions ?? [])];
    for (const condition of set) {
      const at = result.findIndex((each) => each.type === condition.type);
      const before = result[at];
      const lastTransitionTime =
        before?.status === condition.status ? (before.lastTransitionTime ?? this.#timestamp()) : this.#timestamp();
      const { type, status, reason, message } = condition;
      const written: DefinitionCondition = { type, status, lastTransitionTime, reason, message };
      if (at < 0) result.push(written);
      else result[at] = written;
    }
    return result;
  }

  async #writeStatus(definition: KubeObject, name: string, status: DefinitionStatus): Promise<void> {
    if (isEqual(status, definition["status"])) return;
    await this.#registry.writeDirect({ ...definition, status }, definition, definitionInfo, "", name, "kube-apiserver");
  }
}

/** The names that may be used: those of the definition, where no other in its group has them. */
function acceptNames(
  wanted: DefinitionNames,
  before: DefinitionNames | undefined,
  taken: readonly DefinitionNames[],
): { readonly conflict: Condition | undefined; readonly accepted: DefinitionNames } {
  const resources = new Set(taken.flatMap((each) => [each.plural, each.singular, ...(each.shortNames ?? [])]));
  const kinds = new Set(taken.flatMap((each) => [each.kind, each.listKind]));
  let conflict: Condition | undefined;
  const refuse = (reason: string, name: string) => {
    conflict = { type: "NamesAccepted", status: "False", reason, message: `${JSON.stringify(name)} is already in use` };
  };
  const accepted: { -readonly [key in keyof DefinitionNames]?: DefinitionNames[key] } = {
    ...(before ?? { plural: "", kind: "" }),
  };
  const { plural, singular = "", kind, listKind = "", shortNames = [] } = wanted;
  if (resources.has(plural)) refuse("PluralConflict", plural);
  else accepted.plural = plural;
  if (resources.has(singular)) refuse("SingularConflict", singular);
  else accepted.singular = singular;
  const clash = shortNames.find((each) => resources.has(each));
  if (clash !== undefined) refuse("ShortNamesConflict", clash);
  else if (wanted.shortNames === undefined) delete accepted.shortNames;
  else accepted.shortNames = wanted.shortNames;
  if (kinds.has(kind)) refuse("KindConflict", kind);
  else accepted.kind = kind;
  if (kinds.has(listKind)) refuse("ListKindConflict", listKind);
  else accepted.listKind = listKind;
  if (wanted.categories === undefined) delete accepted.categories;
  else accepted.categories = wanted.categories;
  return { conflict, accepted: accepted as DefinitionNames };
}

/** Whether a definition in Kubernetes' own groups says that it was approved. KEP-1111. */
function approvalOf(definition: KubeObject): readonly Condition[] {
  const { group } = definitionOf(definition).spec;
  if (!protectedGroup.test(group)) return [];
  const annotation = "api-approved.kubernetes.io";
  const value = definition.metadata.annotations?.[annotation] ?? "";
  const type = "KubernetesAPIApprovalPolicyConformant";
  if (value.startsWith("unapproved"))
    return [
      { type, status: "False", reason: "UnapprovedAnnotation", message: `not approved: ${JSON.stringify(value)}` },
    ];
  if (URL.canParse(value))
    return [{ type, status: "True", reason: "ApprovedAnnotation", message: `approved in ${value}` }];
  const reason = value === "" ? "MissingAnnotation" : "InvalidAnnotation";
  const message =
    value === ""
      ? `protected groups must have approval annotation "${annotation}", see https://github.com/kubernetes/enhancements/pull/1111`
      : `protected groups must have approval annotation "${annotation}" with either a URL or a reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111`;
  return [{ type, status: "False", reason, message }];
}
