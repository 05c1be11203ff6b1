import { create, type PluginCase, patch, pod, replace, space } from "./plugin-case.ts";

type Fields = { readonly [field: string]: unknown };

const resources = (requests?: Fields, limits?: Fields) => ({
  container: {
    resources: { ...(requests === undefined ? {} : { requests }), ...(limits === undefined ? {} : { limits }) },
  },
});

const tolerations = (list: readonly Fields[]) => ({ tolerations: list });
const notReady = "node.kubernetes.io/not-ready";
const unreachable = "node.kubernetes.io/unreachable";

export const tolerationCases: readonly PluginCase[] = [
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
