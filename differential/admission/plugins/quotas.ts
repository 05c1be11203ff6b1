import type { KubeObject } from "@sallyport/kube";
import type { Step } from "../../apiserver/scenario.ts";
import { create, deployment, dry, object, type PluginCase, patch, pod, read, remove, space } from "./plugin-case.ts";

type Fields = { readonly [field: string]: unknown };

/** A quota whose status its controller has counted: nothing is used, unless said. */
function quotaSteps(ns: string, name: string, hard: Fields, more: Fields = {}, used: Fields = {}): readonly Step[] {
  const quota = object("v1", "ResourceQuota", name, { spec: { hard, ...more } }, ns);
  const zero = Object.fromEntries(Object.keys(hard).map((key) => [key, "0"]));
  return [create(quota), patch(quota, { status: { hard, used: { ...zero, ...used } } }, "status")];
}

const quota = (ns: string, name = "q") => object("v1", "ResourceQuota", name, {}, ns);

const sized = (requests: Fields, limits: Fields = {}) => ({ container: { resources: { requests, limits } } });

function quotaCase(name: string, hard: Fields, asked: (ns: string) => readonly Step[], more: Fields = {}): PluginCase {
  const ns = `quota-${name.replaceAll(" ", "-")}`;
  return {
    name: `ResourceQuota: ${name}`,
    parts: [[...space(ns), ...quotaSteps(ns, "q", hard, more)], asked(ns), [read(quota(ns))]],
  };
}

const claim = (ns: string, name: string, storage: string, storageClassName = "", more: Fields = {}) =>
  object(
    "v1",
    "PersistentVolumeClaim",
    name,
    { spec: { accessModes: ["ReadWriteOnce"], storageClassName, resources: { requests: { storage } }, ...more } },
    ns,
  );

const service = (ns: string, name: string, spec: Fields) =>
  object("v1", "Service", name, { spec: { ports: [{ port: 80 }], ...spec } }, ns);

const configMap = (ns: string, name: string): KubeObject => object("v1", "ConfigMap", name, {}, ns);

const scoped = (scopeName: string, operator: string, values?: readonly string[]) => ({
  scopeSelector: { matchExpressions: [{ scopeName, operator, ...(values === undefined ? {} : { values }) }] },
});

export const quotaCases: readonly PluginCase[] = [
  quotaCase("pods", { pods: "2", cpu: "1", "requests.memory": "1Gi", "limits.cpu": "2" }, (ns) => [
    create(pod(ns, "bare")),
    create(pod(ns, "no-limit", sized({ cpu: "100m", memory: "1Mi" }))),
    create(pod(ns, "fits", sized({ cpu: "500m", memory: "512Mi" }, { cpu: "1" }))),
    create(pod(ns, "too-much", sized({ cpu: "600m", memory: "600Mi" }, { cpu: "1500m" }))),
    dry(create(pod(ns, "dry", sized({ cpu: "100m", memory: "1Mi" }, { cpu: "200m" })))),
    create(pod(ns, "second", sized({ cpu: "0.5", memory: "0.5Gi" }, { cpu: "1000m" }))),
    create(pod(ns, "third", sized({ cpu: "1m", memory: "1" }, { cpu: "1m" }))),
    patch(pod(ns, "fits"), { metadata: { labels: { a: "b" } } }),
    patch(pod(ns, "second"), { status: { phase: "Succeeded" } }, "status"),
    remove(pod(ns, "fits")),
  ]),
  quotaCase("counts", { "count/configmaps": "1", "count/deployments.apps": "0", configmaps: "2" }, (ns) => [
    create(configMap(ns, "a")),
    create(configMap(ns, "b")),
    create(deployment(ns)),
    patch(configMap(ns, "a"), { data: { a: "b" } }),
    create(object("v1", "Secret", "s", {}, ns)),
  ]),
  quotaCase("init containers", { "requests.cpu": "2", "requests.ephemeral-storage": "1Gi" }, (ns) => [
    create(
      pod(ns, "init", {
        ...sized({ cpu: "1", "ephemeral-storage": "1Mi" }),
        initContainers: [{ name: "i", image: "x", resources: { requests: { cpu: "3", "ephemeral-storage": "1Mi" } } }],
      }),
    ),
    create(
      pod(ns, "sidecar", {
        ...sized({ cpu: "1", "ephemeral-storage": "1Mi" }),
        initContainers: [
          {
            name: "i",
            image: "x",
            restartPolicy: "Always",
            resources: { requests: { cpu: "1500m", "ephemeral-storage": "1Mi" } },
          },
        ],
      }),
    ),
    create(
      pod(ns, "init-bare", {
        ...sized({ cpu: "1", "ephemeral-storage": "1Mi" }),
        initContainers: [{ name: "i", image: "x" }],
      }),
    ),
    create(
      pod(ns, "pod-level", { ...sized({ "ephemeral-storage": "1Mi" }), resources: { requests: { cpu: "2500m" } } }),
    ),
    create(pod(ns, "fits", sized({ cpu: "2", "ephemeral-storage": "1Mi" }))),
  ]),
  quotaCase(
    "extended resources",
    { "requests.example.com/gpu": "1", "requests.hugepages-2Mi": "4Mi", "hugepages-2Mi": "2Mi" },
    (ns) => [
      create(pod(ns, "two", sized({ "example.com/gpu": "2" }, { "example.com/gpu": "2" }))),
      create(pod(ns, "huge", sized({ "hugepages-2Mi": "4Mi", cpu: "1" }, { "hugepages-2Mi": "4Mi", cpu: "1" }))),
      create(pod(ns, "one", sized({ "example.com/gpu": "1" }, { "example.com/gpu": "1" }))),
      create(pod(ns, "bare")),
    ],
  ),
  quotaCase(
    "best effort",
    { pods: "1" },
    (ns) => [create(pod(ns, "a")), create(pod(ns, "b")), create(pod(ns, "burstable", sized({ cpu: "1" })))],
    { scopes: ["BestEffort"] },
  ),
  quotaCase(
    "not best effort",
    { pods: "1", "requests.cpu": "1" },
    (ns) => [
      create(pod(ns, "best-effort")),
      create(pod(ns, "burstable", sized({ memory: "1" }))),
      create(pod(ns, "cpu", sized({ cpu: "1" }))),
      create(pod(ns, "second", sized({ cpu: "1" }))),
    ],
    { scopes: ["NotBestEffort"] },
  ),
  quotaCase(
    "terminating",
    { pods: "1" },
    (ns) => [
      create(pod(ns, "a", { activeDeadlineSeconds: 60 })),
      create(pod(ns, "b", { activeDeadlineSeconds: 60 })),
      create(pod(ns, "c")),
      patch(pod(ns, "c"), { spec: { activeDeadlineSeconds: 60 } }),
    ],
    { scopes: ["Terminating"] },
  ),
  quotaCase(
    "priority classes",
    { pods: "1" },
    (ns) => [
      create(pod(ns, "plain")),
      create(pod(ns, "plain-two")),
      create(pod(ns, "low", { priorityClassName: "system-cluster-critical" })),
      create(pod(ns, "low-two", { priorityClassName: "system-cluster-critical" })),
      create(pod(ns, "node", { priorityClassName: "system-node-critical" })),
    ],
    scoped("PriorityClass", "In", ["system-cluster-critical", "x"]),
  ),
  quotaCase(
    "priority class exists",
    { pods: "0" },
    (ns) => [create(pod(ns, "plain")), create(pod(ns, "low", { priorityClassName: "system-cluster-critical" }))],
    scoped("PriorityClass", "Exists"),
  ),
  quotaCase(
    "priority class not in",
    { pods: "0" },
    (ns) => [
      create(pod(ns, "plain")),
      create(pod(ns, "low", { priorityClassName: "system-cluster-critical" })),
      create(pod(ns, "node", { priorityClassName: "system-node-critical" })),
    ],
    scoped("PriorityClass", "NotIn", ["system-cluster-critical"]),
  ),
  quotaCase(
    "affinity across namespaces",
    { pods: "0" },
    (ns) => {
      const term = (more: Fields) => ({
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { a: "b" } }, ...more },
            ],
          },
        },
      });
      return [
        create(pod(ns, "own", term({}))),
        create(pod(ns, "named", term({ namespaces: ["default"] }))),
        create(pod(ns, "selected", term({ namespaceSelector: {} }))),
      ];
    },
    scoped("CrossNamespacePodAffinity", "Exists"),
  ),
  quotaCase(
    "claims",
    {
      persistentvolumeclaims: "3",
      "requests.storage": "5Gi",
      "fast.storageclass.storage.k8s.io/requests.storage": "1Gi",
      "fast.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
    },
    (ns) => [
      create(claim(ns, "a", "2Gi")),
      create(claim(ns, "b", "4Gi")),
      create(claim(ns, "fast-large", "2Gi", "fast")),
      create(claim(ns, "fast", "500Mi", "fast")),
      create(claim(ns, "fast-two", "1Mi", "fast")),
      create(claim(ns, "third", "1Mi")),
      create(claim(ns, "fourth", "1Mi")),
      create(claim(ns, "gold", "1Mi", "gold")),
    ],
  ),
  quotaCase(
    "services",
    { services: "4", "services.loadbalancers": "1", "services.nodeports": "1", "count/services": "9" },
    (ns) => [
      create(service(ns, "plain", {})),
      create(service(ns, "node", { type: "NodePort" })),
      create(service(ns, "node-two", { type: "NodePort" })),
      create(service(ns, "balanced", { type: "LoadBalancer", allocateLoadBalancerNodePorts: false })),
      create(service(ns, "balanced-two", { type: "LoadBalancer", allocateLoadBalancerNodePorts: false })),
      create(service(ns, "balanced-node", { type: "LoadBalancer" })),
      patch(service(ns, "plain", {}), { spec: { type: "NodePort" } }),
      patch(service(ns, "plain", {}), { spec: { type: "LoadBalancer" } }),
      patch(service(ns, "node", {}), { spec: { type: "ClusterIP" } }),
      patch(service(ns, "plain", {}), { spec: { type: "NodePort" } }),
    ],
  ),
  {
    name: "ResourceQuota: several",
    parts: [
      [
        ...space("quota-several"),
        ...quotaSteps("quota-several", "a", { pods: "5", "requests.cpu": "1" }),
        ...quotaSteps("quota-several", "b", { pods: "2" }),
      ],
      [
        // Each exceeds one of the two: which of several is told is any.
        create(pod("quota-several", "one", sized({ cpu: "500m" }))),
        create(pod("quota-several", "two", sized({ cpu: "600m" }))),
        create(pod("quota-several", "three")),
        create(pod("quota-several", "four", sized({ cpu: "1m" }))),
        create(pod("quota-several", "five", sized({ cpu: "1m" }))),
      ],
      [read(quota("quota-several", "a")), read(quota("quota-several", "b"))],
    ],
  },
  {
    name: "ResourceQuota: not counted yet",
    parts: [
      [
        ...space("quota-unknown"),
        create(object("v1", "ResourceQuota", "q", { spec: { hard: { pods: "1" } } }, "quota-unknown")),
        ...space("quota-half"),
        create(object("v1", "ResourceQuota", "q", { spec: { hard: { pods: "1", cpu: "1" } } }, "quota-half")),
        patch(quota("quota-half"), { status: { hard: { pods: "1", cpu: "1" }, used: { pods: "0" } } }, "status"),
      ],
      [
        create(pod("quota-unknown", "p")),
        create(pod("quota-half", "p", sized({ cpu: "1m" }))),
        create(configMap("quota-half", "c")),
      ],
    ],
  },
  {
    name: "ResourceQuota: used beyond",
    parts: [
      [...space("quota-beyond"), ...quotaSteps("quota-beyond", "q", { pods: "1", configmaps: "1" }, {}, { pods: "7" })],
      [
        create(pod("quota-beyond", "p")),
        create(configMap("quota-beyond", "c")),
        create(configMap("quota-beyond", "d")),
      ],
    ],
  },
  {
    name: "ResourceQuota: limited resources",
    parts: [
      [
        ...space("quota-limited"),
        create(object("scheduling.k8s.io/v1", "PriorityClass", "dear", { value: 5 })),
        ...space("quota-limited-covered"),
        ...quotaSteps("quota-limited-covered", "q", { pods: "1" }, scoped("PriorityClass", "In", ["dear"])),
        ...space("quota-limited-gold"),
        ...quotaSteps("quota-limited-gold", "q", { "gold.storageclass.storage.k8s.io/requests.storage": "1Gi" }),
      ],
      [
        create(pod("quota-limited", "plain")),
        create(pod("quota-limited", "dear", { priorityClassName: "dear" })),
        create(pod("quota-limited-covered", "dear", { priorityClassName: "dear" })),
        create(pod("quota-limited-covered", "dear-two", { priorityClassName: "dear" })),
        create(claim("quota-limited", "gold", "1Mi", "gold")),
        create(claim("quota-limited-gold", "gold", "1Mi", "gold")),
        create(claim("quota-limited-gold", "gold-large", "1Gi", "gold")),
        remove(object("scheduling.k8s.io/v1", "PriorityClass", "dear")),
      ],
    ],
  },
  {
    name: "ResourceQuota: resize",
    parts: [
      [
        ...space("quota-resize"),
        create(pod("quota-resize", "p", sized({ cpu: "1" }))),
        ...quotaSteps("quota-resize", "q", { "requests.cpu": "2" }, {}, { "requests.cpu": "1" }),
      ],
      ["3", "2", "1"].map((cpu) => ({
        ...patch(
          pod("quota-resize", "p"),
          { spec: { containers: [{ name: "main", resources: { requests: { cpu } } }] } },
          "resize",
        ),
        type: "application/strategic-merge-patch+json",
      })),
      [read(quota("quota-resize"))],
    ],
  },
];
