import { type DefinitionStatus, definitionOf, type KubeObject } from "@sallyport/kube";

/** A definition is held by it until all its objects are gone. */
export const cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

/** The status of a definition that no controller has seen. */
export const emptyDefinitionStatus: DefinitionStatus = {
  conditions: null,
  acceptedNames: { plural: "", kind: "" },
  storedVersions: [],
};

/** The status of a definition whose deletion was asked for. `now` in RFC 3339. */
export function doomedStatus(definition: KubeObject, now: string): DefinitionStatus {
  const { status } = definitionOf(definition);
  const others = (status.conditions ?? []).filter(({ type }) => type !== "Terminating");
  const going = {
    type: "Terminating",
    status: "True",
    lastTransitionTime: now,
    reason: "InstanceDeletionPending",
    message: "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
  } as const;
  return { ...status, conditions: [...others, going] };
}

/** A definition whose status lists its storage version among those in which objects may be stored. */
export function withStoredVersion(definition: KubeObject): KubeObject {
  const { spec, status } = definitionOf(definition);
  const storage = spec.versions?.find((each) => each.storage)?.name;
  const stored = status.storedVersions ?? [];
  if (storage === undefined || stored.includes(storage)) return definition;
  return { ...definition, status: { ...status, storedVersions: [...stored, storage] } };
}
