import { builtinCatalogue, findKind, type KubeObject, parseApiVersion, type ResourceInfo } from "@sallyport/kube";
import { emptyPolicySet } from "./policies/policy-set.ts";
import type { Operation, Request } from "./request.ts";
import type { ChainEffects, Snapshot } from "./snapshot.ts";

/** Effects that always say the same. */
export const testEffects: ChainEffects = {
  now: () => Date.UTC(2026, 0, 1),
  ticks: () => 0,
  randomBytes: (size) => new Uint8Array(size),
  subjectOf: () => "no certificate requests here",
};

/** The resource that holds a kind, in the version that the object names. */
function placeOf({ apiVersion, kind }: KubeObject): ResourceInfo {
  const { group, version } = parseApiVersion(apiVersion);
  const found = findKind(group, version, kind);
  if (found === undefined) throw new Error(`no kind ${kind} in ${apiVersion}`);
  return found;
}

/** A snapshot of these objects. */
export function snapshotOf(objects: readonly KubeObject[], extra: Partial<Snapshot> = {}): Snapshot {
  const list = (group: string, resource: string, namespace?: string) =>
    objects.filter((object) => {
      const place = placeOf(object);
      const isThere = namespace === undefined || object.metadata.namespace === namespace;
      return place.group === group && place.resource === resource && isThere;
    });
  return {
    generation: 1,
    objects: {
      list,
      get: (group, resource, namespace, name) =>
        list(group, resource).find(
          ({ metadata }) => metadata.name === name && (metadata.namespace ?? "") === namespace,
        ),
    },
    catalogue: builtinCatalogue,
    authorizer: { authorize: () => ({ allowed: true, reason: "" }) },
    policies: emptyPolicySet,
    policyData: {},
    ...extra,
  };
}

export function requestFor(
  object: KubeObject,
  operation: Operation = "CREATE",
  oldObject: KubeObject | null = null,
): Request {
  const { group, version, resource } = placeOf(object);
  const name = object.metadata.name ?? "";
  return {
    uid: "uid-1",
    kind: { group, version, kind: object.kind },
    resource: { group, version, resource },
    subResource: "",
    name,
    namespace: object.kind === "Namespace" ? name : (object.metadata.namespace ?? ""),
    operation,
    userInfo: { username: "jane", groups: ["system:authenticated"] },
    object: operation === "DELETE" ? null : object,
    oldObject: operation === "DELETE" ? object : oldObject,
    options: null,
    dryRun: false,
  };
}

export function namespace(
  name: string,
  labels: { readonly [key: string]: string } = {},
  status: object = { phase: "Active" },
): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels }, status };
}

export function serviceAccount(namespaceName: string, name = "default", rest: object = {}): KubeObject {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace: namespaceName, name }, ...rest };
}

export function pod(spec: object = {}, metadata: object = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace: "default", name: "p", ...metadata },
    spec: { containers: [{ name: "a", image: "x" }], ...spec },
  };
}
