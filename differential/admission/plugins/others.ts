import { as, create, dry, object, type PluginCase, patch, pod, read, remove, replace, space } from "./plugin-case.ts";

type Fields = { readonly [field: string]: unknown };

const claim = (ns: string, name: string, spec: Fields = {}, metadata: Fields = {}) =>
  object(
    "v1",
    "PersistentVolumeClaim",
    name,
    { metadata, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec } },
    ns,
  );

const storageClass = (name: string, more: Fields = {}) =>
  object("storage.k8s.io/v1", "StorageClass", name, { provisioner: "example.com/p", ...more });
const marked = (value = "true") => ({
  metadata: { annotations: { "storageclass.kubernetes.io/is-default-class": value } },
});

const storageCase: PluginCase = {
  name: "DefaultStorageClass, StorageObjectInUseProtection",
  parts: [
    [...space("storage"), create(storageClass("plain")), create(storageClass("unmarked", marked("false")))],
    [create(claim("storage", "before"))],
    [create(storageClass("standard", marked()))],
    [
      create(claim("storage", "none")),
      create(claim("storage", "named", { storageClassName: "plain" })),
      create(claim("storage", "empty", { storageClassName: "" })),
      create(
        claim("storage", "annotated", {}, { annotations: { "volume.beta.kubernetes.io/storage-class": "plain" } }),
      ),
      create(claim("storage", "finalized", {}, { finalizers: ["kubernetes.io/pvc-protection"] })),
      patch(claim("storage", "before"), { metadata: { labels: { a: "b" } } }),
      create(
        object("v1", "PersistentVolume", "pv-plain", {
          spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/x" } },
        }),
      ),
      remove(claim("storage", "none")),
      read(claim("storage", "none")),
    ],
    // Of several the newest counts; kube-apiserver tells times by the second.
    [
      create(
        storageClass("a-newer", {
          metadata: { annotations: { "storageclass.beta.kubernetes.io/is-default-class": "true" } },
        }),
      ),
    ],
    [create(claim("storage", "newest")), remove(storageClass("a-newer")), remove(storageClass("standard"))],
  ],
};

const bound = { status: { phase: "Bound", capacity: { storage: "1Gi" } } };
const grown = (storage: string) => ({ spec: { resources: { requests: { storage } } } });

const resizeCase: PluginCase = {
  name: "PersistentVolumeClaimResize",
  parts: [
    [
      ...space("grow"),
      create(storageClass("grows", { allowVolumeExpansion: true })),
      create(storageClass("fixed", { allowVolumeExpansion: false })),
      ...["grows", "fixed", "absent"].flatMap((name) => [
        create(claim("grow", name, { storageClassName: name, volumeName: "v" })),
        patch(claim("grow", name), bound, "status"),
      ]),
      create(claim("grow", "classless", { storageClassName: "", volumeName: "v" })),
      patch(claim("grow", "classless"), bound, "status"),
      create(claim("grow", "pending", { storageClassName: "grows" })),
    ],
    [
      ...["grows", "fixed", "absent", "classless", "pending"].map((name) => patch(claim("grow", name), grown("2Gi"))),
      patch(claim("grow", "grows"), grown("1Gi")),
      patch(claim("grow", "grows"), grown("2048Mi")),
      patch(claim("grow", "fixed"), { metadata: { labels: { a: "b" } } }),
    ],
  ],
};

const ingressClass = (name: string, value?: string) =>
  object("networking.k8s.io/v1", "IngressClass", name, {
    ...(value === undefined
      ? {}
      : { metadata: { annotations: { "ingressclass.kubernetes.io/is-default-class": value } } }),
    spec: { controller: "example.com/c" },
  });
const ingress = (name: string, spec: Fields = {}, metadata: Fields = {}) =>
  object(
    "networking.k8s.io/v1",
    "Ingress",
    name,
    { metadata, spec: { defaultBackend: { service: { name: "s", port: { number: 80 } } }, ...spec } },
    "ingress",
  );

const ingressCase: PluginCase = {
  name: "DefaultIngressClass",
  parts: [
    [...space("ingress"), create(ingressClass("plain")), create(ingressClass("no", "false"))],
    [create(ingress("before"))],
    [create(ingressClass("standard", "true"))],
    [
      create(ingress("none")),
      create(ingress("named", { ingressClassName: "plain" })),
      create(ingress("annotated", {}, { annotations: { "kubernetes.io/ingress.class": "plain" } })),
      create(ingress("empty", {}, { annotations: { "kubernetes.io/ingress.class": "" } })),
      patch(ingress("before"), { metadata: { labels: { a: "b" } } }),
      remove(ingressClass("standard")),
    ],
  ],
};

const service = (name: string, externalIPs?: readonly string[]) =>
  object(
    "v1",
    "Service",
    name,
    { spec: { ports: [{ port: 80 }], ...(externalIPs === undefined ? {} : { externalIPs }) } },
    "external",
  );

const serviceCase: PluginCase = {
  name: "DenyServiceExternalIPs",
  parts: [
    space("external"),
    [
      create(service("plain")),
      create(service("external", ["1.2.3.4"])),
      patch(service("plain"), { spec: { externalIPs: ["1.2.3.4", "1.2.3.5"] } }),
      patch(service("plain"), { metadata: { labels: { a: "b" } } }),
    ],
  ],
};

const configMap = (name: string, metadata: Fields = {}, ns = "owners") =>
  object("v1", "ConfigMap", name, { metadata }, ns);
const owner = (fields: Fields = {}) => ({
  ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: "u", ...fields }],
});
const replicaSet = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "r" };

const ownerCase: PluginCase = {
  name: "OwnerReferencesPermissionEnforcement",
  parts: [
    [...space("owners"), create(configMap("mine")), create(configMap("owned", owner())), create(pod("owners", "p"))],
    [
      as("clerk", create(configMap("new", owner()))),
      as("clerk", create(configMap("blocking", owner({ blockOwnerDeletion: true })))),
      as("clerk", create(configMap("blocking-replicas", owner({ ...replicaSet, blockOwnerDeletion: true })))),
      as(
        "clerk",
        create(
          configMap(
            "blocking-unknown",
            owner({ apiVersion: "example.com/v1", kind: "Thing", blockOwnerDeletion: true }),
          ),
        ),
      ),
      as("clerk", create(configMap("blocking-cluster", owner({ kind: "Node", blockOwnerDeletion: true })))),
      as("smith", create(configMap("smith-replicas", owner({ ...replicaSet, blockOwnerDeletion: true })))),
      as("smith", create(configMap("smith-maps", owner({ blockOwnerDeletion: true })))),
      as("clerk", patch(configMap("mine"), { metadata: owner() })),
      as("clerk", patch(configMap("owned"), { metadata: { ownerReferences: null } })),
      as("clerk", patch(configMap("owned"), { metadata: { labels: { a: "b" } } })),
      as("smith", patch(configMap("mine"), { metadata: owner() })),
      as("smith", patch(configMap("mine"), { metadata: owner({ blockOwnerDeletion: true }) })),
      as("smith", patch(configMap("mine"), { metadata: owner({ ...replicaSet, blockOwnerDeletion: true }) })),
      as("smith", patch(configMap("mine"), { metadata: owner({ ...replicaSet, blockOwnerDeletion: false }) })),
      as("clerk", patch(pod("owners", "p"), { metadata: owner(), status: { phase: "Running" } }, "status")),
      as("clerk", replace(configMap("owned", owner()))),
      patch(configMap("mine"), { metadata: owner({ blockOwnerDeletion: true }) }),
    ],
  ],
};

const event = (name: string, involved: Fields = {}, host = "h", ns = "events") =>
  object(
    "v1",
    "Event",
    name,
    {
      involvedObject: { kind: "Pod", namespace: ns, name: "p", ...involved },
      source: { component: "c", host },
      reason: "R",
      type: "Normal",
    },
    ns,
  );

const eventCase: PluginCase = {
  name: "EventRateLimit",
  parts: [
    [...space("events"), ...space("events-two"), ...space("events-three")],
    [
      dry(create(event("dry"))),
      ...[1, 2, 3, 4, 5].map((at) => create(event(`e${at}`))),
      ...[1, 2].map((at) => create(event(`g${at}`, { uid: "u" }))),
      ...[1, 2].map((at) => create(event(`h${at}`, {}, "other"))),
      ...[1, 2].map((at) => as("clerk", create(event(`f${at}`, {}, "h", "events-two")))),
      create(
        object(
          "events.k8s.io/v1",
          "Event",
          "new",
          {
            eventTime: "2026-01-01T00:00:00.000000Z",
            reportingController: "c.example.com/x",
            reportingInstance: "i",
            action: "A",
            reason: "R",
            type: "Normal",
            regarding: { kind: "Pod", name: "p", namespace: "events-three" },
          },
          "events-three",
        ),
      ),
      patch(event("e1"), { count: 2 }),
    ],
  ],
};

const namespace = (name: string) => object("v1", "Namespace", name);

const namespaceCase: PluginCase = {
  name: "NamespaceLifecycle, NamespaceExists",
  parts: [
    [
      create(namespace("lifecycle")),
      create(configMap("c", {}, "lifecycle")),
      create(pod("lifecycle", "p", { serviceAccountName: "x" })),
    ],
    [
      create(configMap("c", {}, "nowhere")),
      patch(configMap("c", {}, "nowhere"), { data: { a: "b" } }),
      remove(configMap("c", {}, "nowhere")),
      read(configMap("c", {}, "nowhere")),
      remove(namespace("default")),
      remove(namespace("kube-system")),
      remove(namespace("kube-public")),
      remove(namespace("lifecycle")),
    ],
    [
      create(configMap("d", {}, "lifecycle")),
      patch(configMap("c", {}, "lifecycle"), { data: { a: "b" } }),
      remove(configMap("c", {}, "lifecycle")),
      create(object("rbac.authorization.k8s.io/v1", "Role", "r", { rules: [] }, "lifecycle")),
      create(object("coordination.k8s.io/v1", "Lease", "l", { spec: {} }, "lifecycle")),
      create(
        object(
          "authorization.k8s.io/v1",
          "LocalSubjectAccessReview",
          "",
          { spec: { user: "u", resourceAttributes: { verb: "get", resource: "pods", namespace: "nowhere" } } },
          "nowhere",
        ),
      ),
      create(namespace("lifecycle")),
    ],
  ],
};

const bundle = (name: string, signerName?: string) =>
  object("certificates.k8s.io/v1beta1", "ClusterTrustBundle", name, {
    spec: { ...(signerName === undefined ? {} : { signerName }), trustBundle: "x" },
  });

const bundleCase: PluginCase = {
  name: "ClusterTrustBundleAttest",
  parts: [
    [
      as("clerk", create(bundle("plain"))),
      as("clerk", create(bundle("example.com:a:x", "example.com/a"))),
      as("smith", create(bundle("example.com:a:x", "example.com/a"))),
      as("smith", create(bundle("example.org:a:x", "example.org/a"))),
    ],
  ],
};

export const otherCases: readonly PluginCase[] = [
  storageCase,
  resizeCase,
  ingressCase,
  serviceCase,
  ownerCase,
  eventCase,
  namespaceCase,
  bundleCase,
];
