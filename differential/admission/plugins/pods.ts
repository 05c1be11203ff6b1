import type { KubeObject } from "@sallyport/kube";
import {
  as,
  create,
  dry,
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

type Fields = { readonly [field: string]: unknown };

const resources = (requests?: Fields, limits?: Fields) => ({
  container: {
    resources: { ...(requests === undefined ? {} : { requests }), ...(limits === undefined ? {} : { limits }) },
  },
});

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

const tolerations = (list: readonly Fields[]) => ({ tolerations: list });
const notReady = "node.kubernetes.io/not-ready";
const unreachable = "node.kubernetes.io/unreachable";

const tolerationCases: readonly PluginCase[] = [
  {
    name: "DefaultTolerationSeconds",
    parts: [
      space("seconds"),
      [
        create(pod("seconds", "none")),
        create(
          pod(
            "seconds",
            "one",
            tolerations([{ key: notReady, operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 }]),
          ),
        ),
        create(
          pod(
            "seconds",
            "both",
            tolerations([notReady, unreachable].map((key) => ({ key, operator: "Exists", effect: "NoExecute" }))),
          ),
        ),
        create(pod("seconds", "all", tolerations([{ operator: "Exists" }]))),
        create(
          pod("seconds", "other-effect", tolerations([{ key: notReady, operator: "Exists", effect: "NoSchedule" }])),
        ),
        create(pod("seconds", "any-effect", tolerations([{ key: unreachable, operator: "Exists" }]))),
        create(
          pod(
            "seconds",
            "value",
            tolerations([{ key: unreachable, operator: "Equal", value: "x", effect: "NoExecute" }]),
          ),
        ),
        create(
          pod("seconds", "any-key", tolerations([{ operator: "Exists", effect: "NoExecute", tolerationSeconds: 1 }])),
        ),
        patch(pod("seconds", "one"), { metadata: { labels: { a: "b" } } }),
        patch(pod("seconds", "none"), { spec: { tolerations: [{ key: "a", operator: "Exists" }] } }),
        replace(pod("seconds", "none")),
      ],
    ],
  },
  {
    name: "ExtendedResourceToleration",
    parts: [
      space("extended"),
      [
        create(pod("extended", "gpu", resources({ "example.com/gpu": "1" }, { "example.com/gpu": "1" }))),
        create(pod("extended", "two", resources(undefined, { "example.com/gpu": "1", "a.example.com/fpga": "2" }))),
        create(pod("extended", "zero", resources({ "example.com/gpu": "0" }, { "example.com/gpu": "0" }))),
        create(pod("extended", "cpu", resources({ cpu: "1" }))),
        create(
          pod(
            "extended",
            "huge",
            resources({ "hugepages-2Mi": "2Mi", cpu: "1" }, { "hugepages-2Mi": "2Mi", cpu: "1" }),
          ),
        ),
        create(
          pod("extended", "had", {
            ...resources({ "example.com/gpu": "1" }, { "example.com/gpu": "1" }),
            tolerations: [
              { key: "example.com/gpu", operator: "Exists", effect: "NoSchedule" },
              { key: "b", operator: "Exists" },
            ],
          }),
        ),
        create(
          pod("extended", "equal", {
            ...resources({ "example.com/gpu": "1" }, { "example.com/gpu": "1" }),
            tolerations: [{ key: "example.com/gpu", operator: "Equal", value: "a", effect: "NoSchedule" }],
          }),
        ),
        create(
          pod("extended", "init", {
            initContainers: [
              {
                name: "i",
                image: "x",
                resources: { limits: { "example.com/gpu": "1" }, requests: { "example.com/gpu": "1" } },
              },
            ],
          }),
        ),
        patch(pod("extended", "gpu"), { metadata: { labels: { a: "b" } } }),
      ],
    ],
  },
  {
    name: "PodTolerationRestriction: defaults",
    parts: [
      [
        ...space("toleration-default", {
          annotations: {
            "scheduler.alpha.kubernetes.io/defaultTolerations":
              '[{"key":"team","operator":"Equal","value":"a","effect":"NoSchedule"},{"key":"x","operator":"Exists"}]',
          },
        }),
        ...space("toleration-empty", { annotations: { "scheduler.alpha.kubernetes.io/defaultTolerations": "" } }),
        ...space("toleration-list", { annotations: { "scheduler.alpha.kubernetes.io/defaultTolerations": "[]" } }),
        ...space("toleration-broken", { annotations: { "scheduler.alpha.kubernetes.io/defaultTolerations": "{" } }),
      ],
      [
        create(pod("toleration-default", "none")),
        create(
          pod(
            "toleration-default",
            "same",
            tolerations([{ key: "team", operator: "Equal", value: "a", effect: "NoSchedule" }]),
          ),
        ),
        create(
          pod(
            "toleration-default",
            "other",
            tolerations([{ key: "team", operator: "Equal", value: "b", effect: "NoSchedule" }]),
          ),
        ),
        create(pod("toleration-default", "wider", tolerations([{ key: "team", operator: "Exists" }]))),
        create(pod("toleration-default", "all", tolerations([{ operator: "Exists" }]))),
        create(pod("toleration-default", "burstable", resources({ cpu: "1" }))),
        create(
          pod("toleration-default", "guaranteed", resources({ cpu: "1", memory: "1" }, { cpu: "1", memory: "1" })),
        ),
        patch(pod("toleration-default", "none"), { metadata: { labels: { a: "b" } } }),
        create(pod("toleration-empty", "none")),
        create(pod("toleration-empty", "burstable", resources({ cpu: "1" }))),
        create(pod("toleration-list", "none")),
        create(pod("toleration-broken", "none")),
      ],
    ],
  },
  {
    name: "PodTolerationRestriction: whitelist",
    parts: [
      [
        ...space("toleration-white", {
          annotations: {
            "scheduler.alpha.kubernetes.io/defaultTolerations": "[]",
            "scheduler.alpha.kubernetes.io/tolerationsWhitelist":
              '[{"key":"team","operator":"Exists"},{"key":"node.kubernetes.io/not-ready","operator":"Exists"},{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":400}]',
          },
        }),
        ...space("toleration-white-empty", {
          annotations: { "scheduler.alpha.kubernetes.io/tolerationsWhitelist": "[]" },
        }),
        ...space("toleration-white-broken", {
          annotations: { "scheduler.alpha.kubernetes.io/tolerationsWhitelist": "nonsense" },
        }),
        ...space("toleration-conflict", {
          annotations: {
            "scheduler.alpha.kubernetes.io/defaultTolerations": '[{"key":"a","operator":"Exists"}]',
            "scheduler.alpha.kubernetes.io/tolerationsWhitelist": '[{"key":"b","operator":"Exists"}]',
          },
        }),
      ],
      [
        create(pod("toleration-white", "none")),
        create(
          pod(
            "toleration-white",
            "team",
            tolerations([{ key: "team", operator: "Equal", value: "a", effect: "NoSchedule" }]),
          ),
        ),
        create(pod("toleration-white", "other", tolerations([{ key: "other", operator: "Exists" }]))),
        create(
          pod(
            "toleration-white",
            "seconds",
            tolerations([{ key: unreachable, operator: "Exists", effect: "NoExecute", tolerationSeconds: 401 }]),
          ),
        ),
        create(
          pod(
            "toleration-white",
            "fewer",
            tolerations([{ key: unreachable, operator: "Exists", effect: "NoExecute", tolerationSeconds: 399 }]),
          ),
        ),
        create(pod("toleration-white", "burstable", resources({ cpu: "1" }))),
        patch(pod("toleration-white", "none"), { spec: { tolerations: [{ key: "z", operator: "Exists" }] } }),
        patch(pod("toleration-white", "none"), { metadata: { labels: { a: "b" } } }),
        create(pod("toleration-white-empty", "other", tolerations([{ key: "other", operator: "Exists" }]))),
        create(pod("toleration-white-broken", "none")),
        create(pod("toleration-conflict", "none")),
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
      create(pod("runtime", "placed-both", { runtimeClassName: "placed", nodeSelector: { kata: "no", disk: "hdd" } })),
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
      create(
        object(
          "apps/v1",
          "Deployment",
          "d",
          {
            spec: {
              selector: { matchLabels: { a: "b" } },
              template: {
                metadata: { labels: { a: "b" } },
                spec: { containers: [{ name: "c", image: "x", imagePullPolicy: "Never" }] },
              },
            },
          },
          "pull",
        ),
      ),
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

const account = (ns: string, name: string, more: Fields = {}) => object("v1", "ServiceAccount", name, more, ns);
const secretVolume = (name: string) => ({ volumes: [{ name: "v", secret: { secretName: name } }] });
const mirror = (more: Fields = {}) => ({
  metadata: { annotations: { "kubernetes.io/config.mirror": "x" } },
  nodeName: "nowhere",
  ...more,
});

const accountCases: readonly PluginCase[] = [
  {
    name: "ServiceAccount",
    parts: [
      [
        ...space("account"),
        create(account("account", "quiet", { automountServiceAccountToken: false })),
        create(account("account", "puller", { imagePullSecrets: [{ name: "registry" }, { name: "second" }] })),
      ],
      [
        create(pod("account", "none")),
        create(pod("account", "named", { serviceAccountName: "quiet" })),
        create(pod("account", "old-name", { serviceAccount: "quiet" })),
        create(pod("account", "both-names", { serviceAccount: "quiet", serviceAccountName: "puller" })),
        create(pod("account", "unknown", { serviceAccountName: "unknown" })),
        create(pod("account", "loud", { serviceAccountName: "quiet", automountServiceAccountToken: true })),
        create(pod("account", "silent", { automountServiceAccountToken: false })),
        create(pod("account", "puller", { serviceAccountName: "puller" })),
        create(pod("account", "own-secret", { serviceAccountName: "puller", imagePullSecrets: [{ name: "own" }] })),
        create(pod("account", "init", { initContainers: [{ name: "i", image: "x" }] })),
        create(
          pod("account", "mounted", {
            container: { volumeMounts: [{ name: "v", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" }] },
            volumes: [{ name: "v", emptyDir: {} }],
          }),
        ),
        create(
          pod("account", "own-volume", {
            volumes: [
              { name: "kube-api-access-abcde", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } },
            ],
          }),
        ),
        create(pod("account", "mirror", mirror())),
        create(pod("account", "mirror-account", mirror({ serviceAccountName: "default" }))),
        create(pod("account", "mirror-secret", mirror(secretVolume("s")))),
        create(
          pod(
            "account",
            "mirror-env",
            mirror({ container: { env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }] } }),
          ),
        ),
        create(
          pod(
            "account",
            "mirror-token",
            mirror({ volumes: [{ name: "v", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } }] }),
          ),
        ),
        create(
          pod(
            "account",
            "mirror-trust",
            mirror({
              volumes: [{ name: "v", projected: { sources: [{ clusterTrustBundle: { name: "b", path: "p" } }] } }],
            }),
          ),
        ),
        create(pod("account", "mirror-map", mirror({ volumes: [{ name: "v", configMap: { name: "c" } }] }))),
        create(
          pod(
            "account",
            "mirror-claim",
            mirror({ volumes: [{ name: "v", persistentVolumeClaim: { claimName: "c" } }] }),
          ),
        ),
        patch(pod("account", "none"), { spec: { serviceAccountName: "quiet" } }),
        dry(create(pod("account", "dry"))),
      ],
    ],
  },
  {
    name: "ServiceAccount: mountable secrets",
    parts: [
      [
        ...space("mountable"),
        create(
          account("mountable", "strict", {
            metadata: { annotations: { "kubernetes.io/enforce-mountable-secrets": "true" } },
            secrets: [{ name: "mine" }],
            imagePullSecrets: [{ name: "registry" }],
          }),
        ),
        create(
          account("mountable", "lax", {
            metadata: { annotations: { "kubernetes.io/enforce-mountable-secrets": "no" } },
            secrets: [{ name: "mine" }],
          }),
        ),
      ],
      [
        create(pod("mountable", "mine", { serviceAccountName: "strict", ...secretVolume("mine") })),
        create(pod("mountable", "other", { serviceAccountName: "strict", ...secretVolume("other") })),
        create(pod("mountable", "lax", { serviceAccountName: "lax", ...secretVolume("other") })),
        create(
          pod("mountable", "env", {
            serviceAccountName: "strict",
            container: { env: [{ name: "A", valueFrom: { secretKeyRef: { name: "other", key: "k" } } }] },
          }),
        ),
        create(
          pod("mountable", "env-from", {
            serviceAccountName: "strict",
            container: { envFrom: [{ secretRef: { name: "other" } }] },
          }),
        ),
        create(
          pod("mountable", "init-env", {
            serviceAccountName: "strict",
            initContainers: [
              { name: "i", image: "x", env: [{ name: "A", valueFrom: { secretKeyRef: { name: "other", key: "k" } } }] },
            ],
          }),
        ),
        create(
          pod("mountable", "init-env-from", {
            serviceAccountName: "strict",
            initContainers: [{ name: "i", image: "x", envFrom: [{ secretRef: { name: "other" } }] }],
          }),
        ),
        create(
          pod("mountable", "pull", {
            serviceAccountName: "strict",
            imagePullSecrets: [{ name: "registry" }, { name: "other" }],
          }),
        ),
        create(
          pod("mountable", "projected", {
            serviceAccountName: "strict",
            volumes: [{ name: "v", projected: { sources: [{ secret: { name: "other" } }] } }],
          }),
        ),
        create(
          pod("mountable", "csi", {
            serviceAccountName: "strict",
            volumes: [{ name: "v", csi: { driver: "d.example.com", nodePublishSecretRef: { name: "other" } } }],
          }),
        ),
        {
          ...patch(
            pod("mountable", "mine"),
            {
              spec: {
                ephemeralContainers: [
                  {
                    name: "e",
                    image: "x",
                    env: [{ name: "A", valueFrom: { secretKeyRef: { name: "other", key: "k" } } }],
                  },
                ],
              },
            },
            "ephemeralcontainers",
          ),
          ...strategic,
        },
        {
          ...patch(
            pod("mountable", "mine"),
            { spec: { ephemeralContainers: [{ name: "e", image: "x", envFrom: [{ secretRef: { name: "other" } }] }] } },
            "ephemeralcontainers",
          ),
          ...strategic,
        },
        {
          ...patch(
            pod("mountable", "mine"),
            { spec: { ephemeralContainers: [{ name: "e", image: "x", envFrom: [{ secretRef: { name: "mine" } }] }] } },
            "ephemeralcontainers",
          ),
          ...strategic,
        },
      ],
    ],
  },
];

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
