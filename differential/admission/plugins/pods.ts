import type { KubeObject } from "@sallyport/kube";
import {
  as,
  create,
  deployment,
  object,
  type PluginCase,
  patch,
  pod,
  read,
  remove,
  replace,
  send,
  space,
} from "./plugin-case.ts";
import { tolerationCases } from "./pod-tolerations.ts";
import { accountCases } from "./service-accounts.ts";

type Fields = { readonly [field: string]: unknown };

const strategic = { type: "application/strategic-merge-patch+json" };

const priorityClass = (name: string, value: number, more: Fields = {}) =>
  object("scheduling.k8s.io/v1", "PriorityClass", name, { value, ...more });

const priorityCases: readonly PluginCase[] = [
  {
    name: "Priority",
    parts: [
      [
        ...space("priority"),
        create(priorityClass("low", 10)),
        create(priorityClass("polite", 20, { preemptionPolicy: "Never" })),
        create(priorityClass("negative", -5)),
        create(priorityClass("system-mine", 1)),
        create(priorityClass("huge", 1_000_000_001)),
      ],
      [
        create(pod("priority", "none")),
        create(pod("priority", "low", { priorityClassName: "low" })),
        create(pod("priority", "polite", { priorityClassName: "polite" })),
        create(pod("priority", "negative", { priorityClassName: "negative" })),
        create(pod("priority", "unknown", { priorityClassName: "unknown" })),
        create(pod("priority", "same", { priorityClassName: "low", priority: 10 })),
        create(pod("priority", "other", { priorityClassName: "low", priority: 11 })),
        create(pod("priority", "number", { priority: 7 })),
        create(pod("priority", "zero", { priority: 0 })),
        create(pod("priority", "policy", { preemptionPolicy: "Never" })),
        create(
          pod("priority", "policy-of-class", { priorityClassName: "polite", preemptionPolicy: "PreemptLowerPriority" }),
        ),
        create(pod("priority", "same-policy", { priorityClassName: "polite", preemptionPolicy: "Never" })),
        create(pod("priority", "system", { priorityClassName: "system-cluster-critical" })),
        create(pod("priority", "node", { priorityClassName: "system-node-critical" })),
        create(pod("priority", "system-unknown", { priorityClassName: "system-foo" })),
        patch(pod("priority", "low"), { metadata: { labels: { a: "b" } } }),
        patch(pod("priority", "low"), { spec: { priority: 11 } }),
        patch(pod("priority", "low"), { spec: { priorityClassName: "polite" } }),
        patch(pod("priority", "none"), { spec: { preemptionPolicy: "Never" } }),
        replace(pod("priority", "low", { priorityClassName: "low" })),
      ],
      [create(priorityClass("standard", 50, { globalDefault: true }))],
      [
        create(priorityClass("second", 60, { globalDefault: true })),
        create(priorityClass("system-cluster-critical", 1)),
        patch(priorityClass("system-cluster-critical", 0), { metadata: { labels: { a: "b" } } }),
        create(pod("priority", "defaulted")),
        create(pod("priority", "defaulted-number", { priority: 50 })),
        patch(priorityClass("low", 10), { globalDefault: true }),
        patch(priorityClass("low", 10), { value: 11 }),
        remove(priorityClass("system-node-critical", 0)),
        remove(priorityClass("standard", 50)),
      ],
    ],
  },
];

const selector = (annotation: string) => ({
  annotations: { "scheduler.alpha.kubernetes.io/node-selector": annotation },
});

const selectorCase: PluginCase = {
  name: "PodNodeSelector",
  parts: [
    [
      ...space("selector-ns", selector("env=prod, zone=a")),
      ...space("selector-empty", selector("")),
      ...space("selector-broken", selector("env in (a)")),
      ...space("selector-key", selector("env")),
      ...space("selector-value", selector("env=a b")),
      ...space("selector-listed"),
      ...space("selector-both", selector("env=prod")),
      ...space("selector-none"),
    ],
    [
      create(pod("selector-ns", "none")),
      create(pod("selector-ns", "more", { nodeSelector: { disk: "ssd" } })),
      create(pod("selector-ns", "same", { nodeSelector: { env: "prod" } })),
      create(pod("selector-ns", "other", { nodeSelector: { env: "test" } })),
      create(pod("selector-empty", "none")),
      create(pod("selector-broken", "none")),
      create(pod("selector-key", "none")),
      create(pod("selector-value", "none")),
      create(pod("selector-listed", "none")),
      create(pod("selector-listed", "inside", { nodeSelector: { env: "prod" } })),
      create(pod("selector-listed", "outside", { nodeSelector: { disk: "ssd" } })),
      create(pod("selector-both", "none")),
      create(pod("selector-both", "outside", { nodeSelector: { disk: "ssd" } })),
      create(pod("selector-none", "none", { nodeSelector: { disk: "ssd" } })),
      create({
        ...pod("selector-ns", ""),
        metadata: { generateName: "g-", namespace: "selector-ns" },
        spec: { ...(pod("selector-ns", "x")["spec"] as object), nodeSelector: { env: "x" } },
      } as unknown as KubeObject),
    ],
  ],
};

const runtimeClass = (name: string, more: Fields = {}) =>
  object("node.k8s.io/v1", "RuntimeClass", name, { handler: "h", ...more });

const runtimeClassCase: PluginCase = {
  name: "RuntimeClass",
  parts: [
    [
      ...space("runtime"),
      create(runtimeClass("plain")),
      create(runtimeClass("heavy", { overhead: { podFixed: { cpu: "250m", memory: "120Mi" } } })),
      create(
        runtimeClass("placed", {
          scheduling: {
            nodeSelector: { kata: "yes", disk: "ssd" },
            tolerations: [
              { key: "kata", operator: "Exists" },
              { key: "x", operator: "Equal", value: "y", effect: "NoSchedule" },
            ],
          },
        }),
      ),
      create(runtimeClass("exempt")),
    ],
    [
      create(pod("runtime", "plain", { runtimeClassName: "plain" })),
      create(pod("runtime", "unknown", { runtimeClassName: "unknown" })),
      create(pod("runtime", "heavy", { runtimeClassName: "heavy" })),
      create(pod("runtime", "heavy-same", { runtimeClassName: "heavy", overhead: { cpu: "0.25", memory: "120Mi" } })),
      create(pod("runtime", "heavy-other", { runtimeClassName: "heavy", overhead: { cpu: "1" } })),
      create(pod("runtime", "plain-overhead", { runtimeClassName: "plain", overhead: { cpu: "1" } })),
      create(pod("runtime", "no-class", { overhead: { cpu: "1" } })),
      create(pod("runtime", "placed", { runtimeClassName: "placed" })),
      create(
        pod("runtime", "placed-same", {
          runtimeClassName: "placed",
          nodeSelector: { kata: "yes", a: "b" },
          tolerations: [{ key: "kata", operator: "Exists" }],
        }),
      ),
      create(pod("runtime", "placed-other", { runtimeClassName: "placed", nodeSelector: { kata: "no" } })),
      create(pod("runtime", "placed-half", { runtimeClassName: "placed", nodeSelector: { kata: "yes", disk: "hdd" } })),
      patch(pod("runtime", "heavy"), { metadata: { labels: { a: "b" } } }),
      patch(pod("runtime", "plain"), { spec: { runtimeClassName: "heavy" } }),
      patch(runtimeClass("plain"), { handler: "other" }),
    ],
  ],
};

const pullCase: PluginCase = {
  name: "AlwaysPullImages",
  parts: [
    space("pull"),
    [
      create(pod("pull", "none")),
      create(
        pod("pull", "never", {
          container: { imagePullPolicy: "Never" },
          initContainers: [{ name: "i", image: "x", imagePullPolicy: "IfNotPresent" }],
        }),
      ),
      create(
        pod("pull", "image-volume", {
          volumes: [{ name: "v", image: { reference: "registry.example.com/data:1", pullPolicy: "IfNotPresent" } }],
        }),
      ),
      create(
        pod("pull", "image-volume-none", {
          volumes: [{ name: "v", image: { reference: "registry.example.com/data:1" } }],
        }),
      ),
      patch(pod("pull", "none"), { metadata: { labels: { a: "b" } } }),
      patch(pod("pull", "none"), { spec: { containers: [{ name: "main", image: "y" }] } }),
      {
        ...patch(
          pod("pull", "none"),
          { spec: { ephemeralContainers: [{ name: "e", image: "x", imagePullPolicy: "Never" }] } },
          "ephemeralcontainers",
        ),
        ...strategic,
      },
      patch(pod("pull", "none"), { status: { phase: "Running" } }, "status"),
      create(deployment("pull", { imagePullPolicy: "Never" })),
    ],
  ],
};

const affinity = (topologyKey: string, kind = "requiredDuringSchedulingIgnoredDuringExecution") => {
  const term = { topologyKey, labelSelector: { matchLabels: { a: "b" } } };
  const required = kind.startsWith("required");
  return { affinity: { podAntiAffinity: { [kind]: [required ? term : { weight: 1, podAffinityTerm: term }] } } };
};

const affinityCase: PluginCase = {
  name: "LimitPodHardAntiAffinityTopology",
  parts: [
    space("affinity"),
    [
      create(pod("affinity", "host", affinity("kubernetes.io/hostname"))),
      create(pod("affinity", "zone", affinity("topology.kubernetes.io/zone"))),
      create(
        pod(
          "affinity",
          "preferred",
          affinity("topology.kubernetes.io/zone", "preferredDuringSchedulingIgnoredDuringExecution"),
        ),
      ),
      create(
        pod("affinity", "for", {
          affinity: {
            podAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "zone", labelSelector: {} }],
            },
          },
        }),
      ),
    ],
  ],
};

const imageCase: PluginCase = {
  name: "ImagePolicyWebhook",
  parts: [
    space("images"),
    [
      create(pod("images", "good")),
      create(pod("images", "bad", { container: { image: "registry.example.com/bad:1" } })),
      create(pod("images", "silent", { container: { image: "registry.example.com/silent:1" } })),
      create(pod("images", "init", { initContainers: [{ name: "i", image: "registry.example.com/bad:2" }] })),
      create(
        pod("images", "annotated", {
          container: { image: "registry.example.com/echo:1" },
          metadata: { annotations: { "a.image-policy.k8s.io/ticket": "7", other: "x" } },
        }),
      ),
      patch(pod("images", "good"), { metadata: { labels: { a: "b" } } }),
      patch(pod("images", "good"), { spec: { containers: [{ name: "main", image: "registry.example.com/bad:3" }] } }),
      {
        ...patch(
          pod("images", "good"),
          { spec: { ephemeralContainers: [{ name: "e", image: "registry.example.com/bad:4" }] } },
          "ephemeralcontainers",
        ),
        ...strategic,
      },
      patch(pod("images", "good"), { status: { phase: "Running" } }, "status"),
      create(pod("images", "broken", { container: { image: "registry.example.com/broken:1" } })),
      create(pod("images", "garbage", { container: { image: "registry.example.com/garbage:1" } })),
    ],
  ],
};

const podSecurityCase: PluginCase = {
  name: "PodSecurity: exemptions",
  parts: [
    [
      ...space("security-exempt", { labels: { "pod-security.kubernetes.io/enforce": "restricted" } }),
      ...space("security", {
        labels: { "pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/warn": "restricted" },
      }),
      ...space("security-late"),
    ],
    [
      create(pod("security-exempt", "p", { hostPID: true })),
      create(pod("security", "p", { hostPID: true })),
      as("clerk", create(pod("security", "clerk", { hostPID: true }))),
      create(pod("security", "class", { hostPID: true, runtimeClassName: "exempt" })),
      create(pod("security", "ok")),
      create(pod("security-late", "a", { hostPID: true })),
      create(pod("security-late", "b", { container: { securityContext: { privileged: true } } })),
      create(pod("security-late", "c")),
      patch(object("v1", "Namespace", "security-late"), {
        metadata: { labels: { "pod-security.kubernetes.io/enforce": "baseline" } },
      }),
      patch(object("v1", "Namespace", "security-late"), {
        metadata: { labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
      }),
      patch(object("v1", "Namespace", "security-late"), {
        metadata: { labels: { "pod-security.kubernetes.io/enforce-version": "v1.20" } },
      }),
      patch(object("v1", "Namespace", "security-late"), {
        metadata: { labels: { "pod-security.kubernetes.io/enforce": "baseline" } },
      }),
      patch(object("v1", "Namespace", "security-late"), {
        metadata: { labels: { "pod-security.kubernetes.io/enforce": "nonsense" } },
      }),
      patch(object("v1", "Namespace", "security-exempt"), {
        metadata: { labels: { "pod-security.kubernetes.io/warn": "baseline" } },
      }),
      create(
        object("v1", "Namespace", "security-exempt-new", {
          metadata: { labels: { "pod-security.kubernetes.io/enforce": "no" } },
        }),
      ),
    ],
  ],
};

const topologyCase: PluginCase = {
  name: "PodTopologyLabels",
  parts: [
    [
      ...space("topology"),
      create(
        object("v1", "Node", "topology-node", {
          metadata: {
            labels: { "topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r", other: "o" },
          },
        }),
      ),
      create(object("v1", "Node", "topology-bare")),
    ],
    [
      create(pod("topology", "bound")),
      send(pod("topology", "bound"), "binding", {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name: "bound" },
        target: { kind: "Node", name: "topology-node" },
      }),
      read(pod("topology", "bound")),
      create(
        pod("topology", "there", {
          nodeName: "topology-node",
          metadata: { labels: { "topology.kubernetes.io/zone": "mine" } },
        }),
      ),
      create(pod("topology", "bare", { nodeName: "topology-bare" })),
      create(pod("topology", "unknown", { nodeName: "topology-unknown" })),
      send(pod("topology", "bound"), "binding", {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name: "bound" },
        target: { kind: "Node", name: "topology-node" },
      }),
    ],
  ],
};

export const podCases: readonly PluginCase[] = [
  ...priorityCases,
  ...tolerationCases,
  selectorCase,
  runtimeClassCase,
  pullCase,
  affinityCase,
  ...accountCases,
  imageCase,
  podSecurityCase,
  topologyCase,
];
