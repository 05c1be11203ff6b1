import { randomUUID } from "node:crypto";
import type { ObjectReader, UserInfo } from "@sallyport/admission";
import { emptyStatus, type KubeObject, type ResourceInfo } from "@sallyport/kube";
import { customStrategy } from "../custom/objects.ts";
import { emptyDefinitionStatus, withStoredVersion } from "../custom/stored-versions.ts";
import { withApproval, withRequestStatus } from "./certificate-conditions.ts";
import {
  withAllocatedDevices,
  withEffectTime,
  withOpenDevices,
  withOpenRequests,
  withOpenTemplate,
} from "./devices.ts";
import { isEqual } from "./equality.ts";
import { defined } from "./fixed-metadata.ts";
import { podStrategy, withTemplates } from "./pod-strategy.ts";
import { withFirstGeneration, withNextGeneration } from "./template-generation.ts";

/** What a resource does with an object beyond its schema, as upstream's registry strategies. */
export interface Strategy {
  /** Before admission of a new object: drops what a client may not set, adds what the server decides. */
  readonly prepareCreate?: (object: KubeObject, reader: ObjectReader, user: UserInfo) => KubeObject;
  /** Before admission of a changed object: adds what the server decides. */
  readonly prepareUpdate?: (object: KubeObject, current: KubeObject, now: string) => KubeObject;
  /** The same where only its status was written. */
  readonly prepareStatus?: (object: KubeObject, current: KubeObject) => KubeObject;
  /** Fields besides metadata and status that never change by an update. */
  readonly keep?: readonly string[];
  /** `metadata.generation` counts the changes of the spec. */
  readonly hasGeneration?: boolean;
  /** The fields whose changes are counted, where it is not the spec. */
  readonly counted?: readonly string[] | undefined;
  /** Metadata whose changes are counted, too. */
  readonly countsMetadata?: "labels" | "annotations";
  /** Before a new object is validated, when it has its uid: adds what is made of it. */
  readonly complete?: (object: KubeObject, warn: (text: string) => void) => KubeObject;
  /** Of an object that is about to be written: defaults that count again whenever it is read. */
  readonly asRead?: (object: KubeObject) => KubeObject;
  /** What a subresource may change, where that is not `status` or all but the status. `now` in RFC 3339. */
  readonly parts?: {
    readonly [subresource: string]: (wanted: KubeObject, current: KubeObject, now: string) => KubeObject;
  };
  /** What a subresource makes of the spec, which is all that it may change. */
  readonly specParts?: { readonly [subresource: string]: (wanted: Fields, current: Fields) => Fields };
  /** The subresource that writes metadata beside the spec. */
  readonly metadataPart?: string;
  /** True for kinds whose base for a name is the name, to which nothing of chance is added. */
  readonly namesByBase?: true;
  /** True when updates must name the resourceVersion that they are of. */
  readonly needsVersion?: boolean;
  /** Metadata that `/status` does not write. */
  readonly statusKeeps?: readonly string[];
  /** New objects have no generation before the first counted change. */
  readonly startsUncounted?: boolean;
  /** True for objects with a status that only `/status` may write. */
  readonly hasStatus: boolean;
}

export type Fields = { readonly [field: string]: unknown };

const allMetadata = ["labels", "annotations", "finalizers", "ownerReferences", "deletionTimestamp"];

const strategies: { readonly [resource: string]: Strategy } = {
  apiservices: {
    hasStatus: true,
    needsVersion: true,
    statusKeeps: ["labels", "annotations", "finalizers", "ownerReferences"],
    prepareCreate: withoutStatus,
    complete: withLocalAvailability,
  },
  namespaces: {
    hasStatus: true,
    specParts: { finalize: (wanted) => wanted },
    metadataPart: "finalize",
    prepareCreate: (object) => ({ ...named(object), spec: withOwnFinalizer(object), status: { phase: "Active" } }),
    keep: ["spec"],
  },
  pods: podStrategy,
  secrets: { hasStatus: false, prepareCreate: withStringData },
  persistentvolumeclaims: {
    hasStatus: true,
    prepareCreate: (object) => ({ ...withDataSources(object, undefined), status: { phase: "Pending" } }),
    prepareUpdate: withDataSources,
    parts: { status: (wanted) => ({ ...wanted, status: withoutHealth(wanted["status"]) }) },
  },
  persistentvolumes: {
    hasStatus: true,
    complete: (object) => ({
      ...object,
      status: { phase: "Pending", lastPhaseTransitionTime: object.metadata.creationTimestamp },
    }),
    parts: { status: withPhaseTime },
  },
  // What a kubelet says of its node when it registers it.
  nodes: {
    hasStatus: true,
    prepareCreate: (object) => withoutConfigSource(object),
    prepareUpdate: (object, current) => withoutConfigSource(object, current),
  },
  // One without a name gets one of chance.
  limitranges: {
    hasStatus: false,
    prepareCreate: (object) =>
      object.metadata.name ? object : { ...object, metadata: { ...object.metadata, name: randomUUID() } },
  },
  podtemplates: { hasStatus: false, hasGeneration: true },
  endpointslices: {
    hasStatus: false,
    hasGeneration: true,
    counted: ["addressType", "endpoints", "ports"],
    countsMetadata: "labels",
    prepareCreate: withoutTopology,
    prepareUpdate: withoutTopology,
  },
  devicetaintrules: {
    hasStatus: true,
    hasGeneration: true,
    needsVersion: true,
    statusKeeps: allMetadata,
    prepareCreate: withoutStatus,
    prepareUpdate: withEffectTime,
  },
  resourceclaims: {
    hasStatus: true,
    statusKeeps: allMetadata,
    prepareCreate: (object) => withOpenRequests(withoutStatus(object)),
    prepareUpdate: withOpenRequests,
    parts: { status: withAllocatedDevices },
  },
  resourceclaimtemplates: { hasStatus: false, prepareCreate: withOpenTemplate, prepareUpdate: withOpenTemplate },
  resourceslices: {
    hasStatus: false,
    hasGeneration: true,
    counted: ["spec"],
    prepareCreate: withOpenDevices,
    prepareUpdate: withOpenDevices,
  },
  // What drivers say of their volumes' health is behind a gate that is closed.
  csinodes: {
    hasStatus: false,
    needsVersion: true,
    statusKeeps: allMetadata,
    parts: { status: (wanted, current) => ({ ...wanted, status: current["status"] }) },
  },
  customresourcedefinitions: {
    hasStatus: true,
    needsVersion: true,
    hasGeneration: true,
    prepareCreate: (object) => withStoredVersion({ ...object, status: emptyDefinitionStatus }),
  },
  leases: {
    hasStatus: false,
    needsVersion: true,
    prepareCreate: (object) => withoutCoordination(object, undefined),
    prepareUpdate: (object, current) => withoutCoordination(object, current),
  },
  clustertrustbundles: { hasStatus: false, needsVersion: true },
  ipaddresses: { hasStatus: false, namesByBase: true },
  podcertificaterequests: {
    hasStatus: true,
    needsVersion: true,
    statusKeeps: allMetadata,
    prepareCreate: withoutStatus,
  },
  storageversionmigrations: {
    hasStatus: true,
    needsVersion: true,
    statusKeeps: allMetadata,
    prepareCreate: withoutStatus,
  },
  certificatesigningrequests: {
    hasStatus: true,
    keep: ["spec"],
    prepareCreate: (object, _reader, user) => ({ ...withRequester(object, user), status: {} }),
    parts: { status: withRequestStatus, approval: withApproval },
  },
};

/** Kinds whose status is emptied on create and kept on update. */
const withStatus = new Set([
  "deployments",
  "replicasets",
  "statefulsets",
  "daemonsets",
  "jobs",
  "cronjobs",
  "ingresses",
  "replicationcontrollers",
  "servicecidrs",
  "services",
  "volumeattachments",
  "poddisruptionbudgets",
  "horizontalpodautoscalers",
  "resourcequotas",
  "flowschemas",
  "prioritylevelconfigurations",
  "validatingadmissionpolicies",
]);

/** Kinds whose `/status` writes no metadata, or not all of it. */
const statusKeeps: { readonly [resource: string]: readonly string[] } = {
  deployments: ["labels"],
  flowschemas: allMetadata,
  prioritylevelconfigurations: allMetadata,
  servicecidrs: allMetadata,
  validatingadmissionpolicies: allMetadata,
  volumeattachments: allMetadata,
};

/** Kinds with a status that have no generation. */
const ungenerated = new Set(["resourcequotas", "services", "servicecidrs", "volumeattachments"]);

/** Kinds without a status that have a generation, with the fields whose changes it counts. */
const counted: { readonly [resource: string]: readonly string[] } = {
  networkpolicies: ["spec"],
  ingressclasses: ["spec"],
  priorityclasses: [],
  validatingwebhookconfigurations: ["webhooks"],
  mutatingwebhookconfigurations: ["webhooks"],
  validatingadmissionpolicybindings: ["spec"],
  mutatingadmissionpolicies: ["spec"],
  mutatingadmissionpolicybindings: ["spec"],
  deviceclasses: ["spec"],
  csidrivers: ["spec"],
};

/** Kinds whose updates must name the version that they are of. */
const versioned = new Set([
  "poddisruptionbudgets",
  "csidrivers",
  "volumeattachments",
  "runtimeclasses",
  "validatingwebhookconfigurations",
  "mutatingwebhookconfigurations",
  "validatingadmissionpolicies",
  "validatingadmissionpolicybindings",
  "mutatingadmissionpolicies",
  "mutatingadmissionpolicybindings",
  "csistoragecapacities",
]);

/** Kinds that a PUT makes when they are not there. Upstream's AllowCreateOnUpdate. */
const madeByUpdate: ReadonlySet<string> = new Set([
  "clusterrolebindings",
  "clusterroles",
  "endpoints",
  "events",
  "leasecandidates",
  "leases",
  "limitranges",
  "rolebindings",
  "roles",
  "runtimeclasses",
  "services",
]);

export function isMadeByUpdate({ resource, custom }: ResourceInfo): boolean {
  return custom === undefined && madeByUpdate.has(resource);
}

export function strategyFor({ resource, custom }: ResourceInfo): Strategy {
  return custom === undefined ? withTemplates(resource, strategyOf(resource)) : customStrategy(custom);
}

function strategyOf(resource: string): Strategy {
  const known = strategies[resource];
  if (known !== undefined) return known;
  const needsVersion = versioned.has(resource);
  if (!withStatus.has(resource))
    return {
      hasStatus: false,
      hasGeneration: counted[resource] !== undefined,
      counted: counted[resource],
      needsVersion,
      startsUncounted: resource === "csidrivers",
    };
  return {
    hasStatus: true,
    hasGeneration: !ungenerated.has(resource),
    ...(statusKeeps[resource] === undefined ? {} : { statusKeeps: statusKeeps[resource] }),
    needsVersion,
    ...(resource === "deployments" ? { countsMetadata: "annotations" } : {}),
    ...(resource === "jobs" ? { complete: withJobSelector, asRead: withTemplateLabels } : {}),
    prepareCreate: withoutStatus,
    ...(resource === "daemonsets"
      ? {
          prepareCreate: (object) => withFirstGeneration(withoutStatus(object)),
          prepareUpdate: withNextGeneration,
          prepareStatus: withNextGeneration,
        }
      : {}),
  };
}

/** A namespace goes when Kubernetes has emptied it, whoever else looks after it. */
/** Where the name was generated, it comes after the defaults, of which its label is one. */
function named({ metadata, ...object }: KubeObject): KubeObject {
  const labels = { ...metadata.labels, "kubernetes.io/metadata.name": metadata.name ?? "" };
  return { ...object, metadata: { ...metadata, labels } } as KubeObject;
}

function withOwnFinalizer({ spec }: KubeObject): Fields {
  const { finalizers = [] } = (spec ?? {}) as { readonly finalizers?: readonly string[] };
  return { finalizers: finalizers.includes("kubernetes") ? finalizers : [...finalizers, "kubernetes"] };
}

/** Endpoints say where they are in fields of their own, since the first version of the kind is gone. */
function withoutTopology(object: KubeObject): KubeObject {
  const endpoints = object["endpoints"] as readonly Fields[] | null | undefined;
  if (!endpoints?.some((each) => "deprecatedTopology" in each)) return object;
  return { ...object, endpoints: endpoints.map(({ deprecatedTopology: _, ...rest }) => rest) };
}

/** What coordinated leader election knows, which is off, stays only where it was before. */
function withoutCoordination(object: KubeObject, current: KubeObject | undefined): KubeObject {
  const before = (current?.["spec"] ?? {}) as Fields;
  const { preferredHolder, strategy, ...spec } = (object["spec"] ?? {}) as Fields;
  const isUsed = before["preferredHolder"] !== undefined || before["strategy"] !== undefined;
  const isGiven = preferredHolder !== undefined || strategy !== undefined;
  return isUsed || !isGiven ? object : { ...object, spec };
}

function withoutStatus(object: KubeObject): KubeObject {
  return { ...object, status: emptyStatus(object.apiVersion, object.kind) };
}

/** What this server serves itself is there at once; of others nobody knows yet. */
function withLocalAvailability(object: KubeObject): KubeObject {
  if ((object["spec"] as Fields | undefined)?.["service"] !== undefined) return object;
  const condition = {
    type: "Available",
    status: "True",
    lastTransitionTime: object.metadata.creationTimestamp,
    reason: "Local",
    message: "Local APIServices are always available",
  };
  return { ...object, status: { conditions: [condition] } };
}

/** When a volume came to its phase. */
function withPhaseTime(wanted: KubeObject, current: KubeObject, now: string): KubeObject {
  const key = "lastPhaseTransitionTime";
  const [next, before] = [wanted, current].map((each) => (each["status"] ?? {}) as Fields) as [Fields, Fields];
  if (next["phase"] === before["phase"])
    return {
      ...wanted,
      status: { ...next, ...((next[key] ?? before[key]) ? { [key]: next[key] ?? before[key] } : {}) },
    };
  const isSaid = next[key] !== undefined && next[key] !== before[key];
  return { ...wanted, status: isSaid ? next : { ...next, [key]: now } };
}

/** A claim's source stands twice, in its old field and in its new one; what only the new one may name, the old one does not. */
function withDataSources(object: KubeObject, current: KubeObject | undefined): KubeObject {
  const { dataSource: given, dataSourceRef: reference, ...spec } = (object["spec"] ?? {}) as Fields;
  const before = (current?.["spec"] ?? {}) as Fields;
  const wasFilled = before["dataSource"] !== undefined || before["dataSourceRef"] !== undefined;
  const { namespace = "" } = (reference ?? {}) as { readonly namespace?: string };
  // Sources of other namespaces are behind a gate that is closed.
  const dataSourceRef = namespace === "" || before["dataSourceRef"] !== undefined ? reference : undefined;
  const isForeign = !wasFilled && dataSourceRef === undefined && !isClaimOrSnapshot(given as Fields | undefined);
  const dataSource = isForeign ? undefined : given;
  return {
    ...object,
    spec: defined({
      ...spec,
      dataSource: dataSource ?? (namespace === "" ? dataSourceRef : undefined),
      dataSourceRef: dataSourceRef ?? dataSource,
    }),
  };
}

function isClaimOrSnapshot({ apiGroup, kind }: Fields = {}): boolean {
  return (
    (!apiGroup && kind === "PersistentVolumeClaim") ||
    (apiGroup === "snapshot.storage.k8s.io" && kind === "VolumeSnapshot")
  );
}

/** What drivers say of a volume's health is behind a gate that is closed. */
function withoutHealth(status: unknown): unknown {
  const { healthStatus: _, ...rest } = (status ?? {}) as Fields;
  return rest;
}

/** Kubelets are no longer configured through their nodes. */
function withoutConfigSource(object: KubeObject, current?: KubeObject): KubeObject {
  const { configSource, ...spec } = (object["spec"] ?? {}) as Fields;
  const isUsed = (current?.["spec"] as Fields | undefined)?.["configSource"] !== undefined;
  return configSource === undefined || isUsed ? object : { ...object, spec };
}

/** A job whose selector is not its user's affair selects its pods by the uid of the job. */
function withJobSelector(object: KubeObject): KubeObject {
  const spec = (object["spec"] ?? {}) as Fields & { readonly template?: Fields & { readonly metadata?: Fields } };
  if (spec["manualSelector"] === true) return object;
  const { uid, name = "" } = object.metadata;
  const template = spec.template ?? {};
  const metadata = template.metadata ?? {};
  const labels = {
    ...(metadata["labels"] as Fields | undefined),
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": name,
    "controller-uid": uid,
    "job-name": name,
  };
  // Upstream's default shares the template's labels with the job, where the job has none.
  const isShared = metadata["labels"] !== undefined && isEqual(object.metadata.labels, metadata["labels"]);
  const given = spec["selector"] as (Fields & { readonly matchLabels?: Fields }) | undefined;
  const matchLabels = { ...given?.matchLabels, "batch.kubernetes.io/controller-uid": uid };
  return {
    ...object,
    metadata: isShared ? { ...object.metadata, labels: labels as { readonly [key: string]: string } } : object.metadata,
    spec: {
      ...spec,
      selector: { ...given, matchLabels },
      template: { ...template, metadata: { ...metadata, labels } },
    },
  };
}

/** A job without labels has those of its pods. */
function withTemplateLabels(object: KubeObject): KubeObject {
  const { template } = (object["spec"] ?? {}) as { readonly template?: KubeObject };
  const labels = template?.metadata?.labels;
  if (labels === undefined || Object.keys(object.metadata.labels ?? {}).length > 0) return object;
  return { ...object, metadata: { ...object.metadata, labels } };
}

/** Who asks for a certificate is what the server knows, whatever the request says. */
function withRequester(object: KubeObject, { username, uid, groups, extra }: UserInfo): KubeObject {
  const { username: _username, uid: _uid, groups: _groups, extra: _extra, ...spec } = (object["spec"] ?? {}) as Fields;
  const requester = { username, ...(uid ? { uid } : {}), groups, ...(extra === undefined ? {} : { extra }) };
  return { ...object, spec: { ...spec, ...requester } };
}

/** Write-only `stringData` goes into `data`. */
export function withStringData(object: KubeObject): KubeObject {
  const { stringData, ...rest } = object as KubeObject & { readonly stringData?: { readonly [key: string]: string } };
  if (stringData === undefined) return object;
  const encoded = Object.fromEntries(
    Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
  );
  return { ...(rest as KubeObject), data: { ...((object["data"] ?? {}) as object), ...encoded } };
}
