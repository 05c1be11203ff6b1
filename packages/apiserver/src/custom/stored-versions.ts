import { type DefinitionStatus, definitionOf, type KubeObject } from "@sallyport/kube";

/** A definition is held by it until all its objects are gone. */
export const cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

/** The status of a definition that no controller has seen. */
export const emptyDefinitionStatus: DefinitionStatus = {
  conditions: null,
  acceptedNames: { plural: "", kind: "" },
  storedVersions: [],
};

/** A definition whose status lists its storage version among those in which objects may be stored. */
export function withStoredVersion(definition: KubeObject): KubeObject {
  const { spec, status } = definitionOf(definition);
  const storage = spec.versions?.find((each) => each.storage)?.name;
  const stored = status.storedVersions ?? [];
  if (storage === undefined || stored.includes(storage)) return definition;
  return { ...definition, status: { ...status, storedVersions: [...stored, storage] } };
}
