import type { KubeObject, Structural } from "@sallyport/kube";

/** The API group of External Secrets. */
export const externalSecretsGroup = "external-secrets.io";

const text: Structural = { type: "string" };
const texts: Structural = { type: "array", items: text };
const textMap: Structural = { type: "object", additionalProperties: text };
const open: Structural = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
const name: Structural = { type: "string", minLength: 1, maxLength: 253 };
const secretKey: Structural = { ...name, pattern: "^[-._a-zA-Z0-9]+$" };

function oneOf(...values: readonly string[]): Structural {
  return { type: "string", enum: values };
}

function object(properties: { readonly [field: string]: Structural }, ...required: readonly string[]): Structural {
  return { type: "object", properties, ...(required.length > 0 && { required }) };
}

function list(items: Structural): Structural {
  return { type: "array", items };
}

const storeRef = object({ name, kind: oneOf("SecretStore", "ClusterSecretStore") });
const decodingStrategy = oneOf("Auto", "Base64", "Base64URL", "None");
const conversionStrategy = oneOf("Default", "Unicode");
const remoteRef = object(
  {
    key: text,
    property: text,
    version: text,
    decodingStrategy,
    conversionStrategy,
    metadataPolicy: oneOf("None", "Fetch"),
  },
  "key",
);
const rewrite: Structural = {
  ...object({
    regexp: object({ source: text, target: text }, "source", "target"),
    transform: object({ template: text }, "template"),
    merge: object({
      into: text,
      strategy: oneOf("Extract", "JSON"),
      conflictPolicy: oneOf("Error", "Ignore"),
      priority: texts,
      priorityPolicy: oneOf("Strict", "IgnoreNotFound"),
    }),
  }),
  minProperties: 1,
  maxProperties: 1,
};

const templateRef = object(
  { name, items: list(object({ key: secretKey, templateAs: oneOf("Values", "KeysAndValues") }, "key")) },
  "name",
  "items",
);

const template = object({
  type: text,
  engineVersion: oneOf("v2"),
  mergePolicy: oneOf("Replace", "Merge"),
  metadata: object({ labels: textMap, annotations: textMap, finalizers: texts }),
  data: textMap,
  templateFrom: list(object({ target: text, literal: text, configMap: templateRef, secret: templateRef })),
});

const externalSecretSpec = object({
  secretStoreRef: storeRef,
  refreshPolicy: oneOf("CreatedOnce", "Periodic", "OnChange"),
  refreshInterval: { type: "string", default: "1h0m0s" },
  target: {
    ...object({
      name,
      creationPolicy: { ...oneOf("Owner", "Orphan", "Merge", "None"), default: "Owner" },
      deletionPolicy: { ...oneOf("Delete", "Merge", "Retain"), default: "Retain" },
      immutable: { type: "boolean" },
      template,
      manifest: open,
    }),
    default: { creationPolicy: "Owner", deletionPolicy: "Retain" },
  },
  data: list(object({ secretKey, remoteRef, sourceRef: object({ storeRef }) }, "secretKey", "remoteRef")),
  dataFrom: list(
    object({
      extract: remoteRef,
      find: object({ path: text, name: object({ regexp: text }), tags: textMap, decodingStrategy, conversionStrategy }),
      rewrite: list(rewrite),
      sourceRef: object({ storeRef, generatorRef: open }),
    }),
  ),
});

const selector = object({
  matchLabels: textMap,
  matchExpressions: list(object({ key: text, operator: text, values: texts }, "key", "operator")),
});

/** Providers have fields by the dozen: what stands in one is checked when the store is opened. */
const storeSpec = object(
  {
    controller: text,
    provider: { ...open, minProperties: 1, maxProperties: 1 },
    refreshInterval: { type: "integer" },
    retrySettings: object({ maxRetries: { type: "integer", format: "int32" }, retryInterval: text }),
    conditions: list(object({ namespaceSelector: selector, namespaces: texts, namespaceRegexes: texts })),
  },
  "provider",
);

const conditions = list(
  object({
    type: text,
    status: text,
    reason: text,
    message: text,
    lastTransitionTime: { ...text, format: "date-time" },
  }),
);

const readyColumns = [
  column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
  column("Status", '.status.conditions[?(@.type=="Ready")].reason'),
];

function column(title: string, jsonPath: string, type = "string"): object {
  return { name: title, type, jsonPath };
}

interface OwnKind {
  readonly kind: string;
  readonly shortName: string;
  readonly scope: "Namespaced" | "Cluster";
  readonly spec: Structural;
  readonly status: Structural;
  readonly columns: readonly object[];
}

const storeStatus = object({ conditions, capabilities: text });
const storeColumns = [column("Capabilities", ".status.capabilities"), ...readyColumns];

const kinds: readonly OwnKind[] = [
  {
    kind: "ExternalSecret",
    shortName: "es",
    scope: "Namespaced",
    spec: externalSecretSpec,
    status: object({
      refreshTime: { ...text, format: "date-time", nullable: true },
      syncedResourceVersion: text,
      binding: object({ name: text }),
      conditions,
    }),
    columns: [
      column("StoreType", ".spec.secretStoreRef.kind"),
      column("Store", ".spec.secretStoreRef.name"),
      column("Refresh Interval", ".spec.refreshInterval"),
      ...readyColumns,
      column("Last Sync", ".status.refreshTime", "date"),
    ],
  },
  {
    kind: "SecretStore",
    shortName: "ss",
    scope: "Namespaced",
    spec: storeSpec,
    status: storeStatus,
    columns: storeColumns,
  },
  {
    kind: "ClusterSecretStore",
    shortName: "css",
    scope: "Cluster",
    spec: storeSpec,
    status: storeStatus,
    columns: storeColumns,
  },
];

/** Both are the same for what is read of them; the first one is stored. */
export const servedVersions: readonly string[] = ["v1", "v1beta1"];

/** CustomResourceDefinitions of the kinds that are worked on. Where External Secrets has been, its own are as good. */
export const externalSecretsDefinitions: readonly KubeObject[] = kinds.map(definitionOf);

function definitionOf({ kind, shortName, scope, spec, status, columns }: OwnKind): KubeObject {
  const plural = `${kind.toLowerCase()}s`;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${externalSecretsGroup}` },
    spec: {
      group: externalSecretsGroup,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: [shortName],
        categories: ["external-secrets"],
      },
      scope,
      versions: servedVersions.map((version, i) => ({
        name: version,
        served: true,
        storage: i === 0,
        schema: { openAPIV3Schema: schemaOf(spec, status) },
        subresources: { status: {} },
        additionalPrinterColumns: columns,
      })),
    },
  } as unknown as KubeObject;
}

function schemaOf(spec: Structural, status: Structural): Structural {
  return object({ apiVersion: text, kind: text, metadata: { type: "object" }, spec, status });
}

/** The schema of a kind's objects, for objects that no API server has seen. */
export function externalSecretsSchema(kind: string): Structural | undefined {
  const found = kinds.find((each) => each.kind === kind);
  return found && schemaOf(found.spec, found.status);
}
