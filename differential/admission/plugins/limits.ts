import { create, object, type PluginCase, patch, pod, read, remove, space } from "./plugin-case.ts";

type Fields = { readonly [field: string]: unknown };

/** LimitRanges on pods and claims. */
function limitCase(
  name: string,
  limits: readonly Fields[],
  asked: (ns: string) => readonly ReturnType<typeof create>[],
): PluginCase {
  const ns = `limit-${name}`;
  const range = object("v1", "LimitRange", "l", { spec: { limits } }, ns);
  return { name: `LimitRanger: ${name}`, parts: [[...space(ns), create(range)], asked(ns)] };
}

const container = (requests?: Fields, limits?: Fields) => ({
  container: {
    resources: { ...(requests === undefined ? {} : { requests }), ...(limits === undefined ? {} : { limits }) },
  },
});

const claim = (ns: string, name: string, storage: string | undefined, more: Fields = {}) =>
  object(
    "v1",
    "PersistentVolumeClaim",
    name,
    {
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: "",
        ...more,
        resources: storage === undefined ? {} : { requests: { storage } },
      },
    },
    ns,
  );

export const limitCases: readonly PluginCase[] = [
  limitCase(
    "defaults",
    [{ type: "Container", default: { cpu: "200m", memory: "128Mi" }, defaultRequest: { cpu: "100m", memory: "64Mi" } }],
    (ns) => [
      create(pod(ns, "bare")),
      create(pod(ns, "requests", container({ cpu: "50m" }))),
      create(pod(ns, "limits", container(undefined, { cpu: "1" }))),
      create(pod(ns, "both", container({ cpu: "50m", memory: "1Mi" }, { cpu: "1", memory: "2Mi" }))),
      create(pod(ns, "above", container({ cpu: "300m" }))),
      create(pod(ns, "other", container({ "example.com/gpu": "1" }, { "example.com/gpu": "1" }))),
      create(
        pod(ns, "init", {
          initContainers: [
            { name: "i", image: "x" },
            { name: "s", image: "x", restartPolicy: "Always" },
          ],
        }),
      ),
      create(pod(ns, "pod-level", { resources: { requests: { cpu: "1" }, limits: { cpu: "2" } } })),
      create(pod(ns, "annotated", { metadata: { annotations: { "kubernetes.io/limit-ranger": "mine", a: "b" } } })),
      patch(pod(ns, "bare"), { spec: { containers: [{ name: "main", image: "y" }] } }),
      patch(pod(ns, "bare"), { metadata: { labels: { a: "b" } } }),
      read(pod(ns, "bare")),
    ],
  ),
  limitCase("request from the limit", [{ type: "Container", default: { cpu: "200m" } }], (ns) => [
    create(pod(ns, "bare")),
    create(pod(ns, "limits", container(undefined, { memory: "1Gi" }))),
    create(pod(ns, "too-much", container({ cpu: "1" }))),
  ]),
  limitCase("request from max", [{ type: "Container", max: { cpu: "1", memory: "1Gi" } }], (ns) => [
    create(pod(ns, "bare")),
    create(pod(ns, "cpu", container({ cpu: "2" }))),
    create(pod(ns, "over", container({ cpu: "500m" }, { cpu: "1001m", memory: "2Gi" }))),
    create(pod(ns, "only-request", container({ cpu: "100m", memory: "1Mi" }))),
    create(pod(ns, "exact", container({ cpu: "1000m", memory: "1024Mi" }, { cpu: "1000m", memory: "1048576Ki" }))),
  ]),
  limitCase("request from min", [{ type: "Container", min: { cpu: "100m", "example.com/gpu": "2" } }], (ns) => [
    create(pod(ns, "bare")),
    create(pod(ns, "low", container({ cpu: "99m" }, { cpu: "1" }))),
    create(pod(ns, "low-limit", container({ cpu: "50m" }, { cpu: "50m", "example.com/gpu": "1" }))),
  ]),
  limitCase("ratio", [{ type: "Container", maxLimitRequestRatio: { cpu: "2", memory: "1500m" } }], (ns) => [
    create(pod(ns, "bare")),
    create(pod(ns, "twice", container({ cpu: "100m", memory: "10Mi" }, { cpu: "200m", memory: "15Mi" }))),
    create(pod(ns, "thrice", container({ cpu: "100m", memory: "10Mi" }, { cpu: "300m", memory: "16Mi" }))),
    create(pod(ns, "third", container({ cpu: "300m", memory: "3" }, { cpu: "1", memory: "10" }))),
    create(pod(ns, "zero", container({ cpu: "0", memory: "1" }, { cpu: "0", memory: "1" }))),
    create(pod(ns, "no-limit", container({ cpu: "1", memory: "1" }))),
  ]),
  limitCase(
    "pods",
    [{ type: "Pod", min: { cpu: "200m" }, max: { cpu: "1", memory: "1Gi" }, maxLimitRequestRatio: { cpu: "3" } }],
    (ns) => [
      create(pod(ns, "bare")),
      create(pod(ns, "fits", container({ cpu: "400m", memory: "1Mi" }, { cpu: "1", memory: "1Gi" }))),
      create(
        pod(ns, "sum", {
          containers: ["a", "b", "c"].map((name) => ({
            name,
            image: "x",
            resources: { requests: { cpu: "100m", memory: "1Mi" }, limits: { cpu: "400m", memory: "500Mi" } },
          })),
        }),
      ),
      create(
        pod(ns, "init", {
          ...container({ cpu: "200m", memory: "1Mi" }, { cpu: "200m", memory: "1Mi" }),
          initContainers: [
            {
              name: "i",
              image: "x",
              resources: { requests: { cpu: "2", memory: "1Mi" }, limits: { cpu: "2", memory: "1Mi" } },
            },
          ],
        }),
      ),
      create(
        pod(ns, "sidecar", {
          ...container({ cpu: "200m", memory: "1Mi" }, { cpu: "200m", memory: "1Mi" }),
          initContainers: [
            {
              name: "i",
              image: "x",
              restartPolicy: "Always",
              resources: { requests: { cpu: "900m", memory: "1Mi" }, limits: { cpu: "900m", memory: "1Mi" } },
            },
          ],
        }),
      ),
      create(
        pod(ns, "pod-level", {
          resources: { requests: { cpu: "100m", memory: "1Mi" }, limits: { cpu: "2", memory: "1Mi" } },
        }),
      ),
      create(
        pod(ns, "pod-level-fits", {
          ...container({ cpu: "100m", memory: "1Mi" }, { cpu: "100m", memory: "1Mi" }),
          resources: { requests: { cpu: "400m", memory: "1Mi" }, limits: { cpu: "1", memory: "1Mi" } },
        }),
      ),
    ],
  ),
  limitCase("claims", [{ type: "PersistentVolumeClaim", min: { storage: "1Gi" }, max: { storage: "5Gi" } }], (ns) => [
    create(claim(ns, "small", "1Mi")),
    create(claim(ns, "fits", "2Gi")),
    create(claim(ns, "large", "5121Mi")),
    create(claim(ns, "nothing", undefined)),
    patch(claim(ns, "fits", "2Gi"), { metadata: { labels: { a: "b" } } }),
    patch(claim(ns, "fits", "2Gi"), { spec: { resources: { requests: { storage: "9Gi" } } } }),
    remove(claim(ns, "fits", "2Gi")),
  ]),
  {
    name: "LimitRanger: two ranges",
    parts: [
      [
        ...space("limit-two"),
        create(
          object(
            "v1",
            "LimitRange",
            "b",
            { spec: { limits: [{ type: "Container", default: { cpu: "2" }, max: { cpu: "3" } }] } },
            "limit-two",
          ),
        ),
        create(
          object(
            "v1",
            "LimitRange",
            "a",
            {
              spec: {
                limits: [
                  { type: "Container", min: { memory: "1Mi" } },
                  { type: "Pod", max: { cpu: "4" } },
                ],
              },
            },
            "limit-two",
          ),
        ),
      ],
      [
        create(pod("limit-two", "large", container({ memory: "1Mi" }, { cpu: "3500m" }))),
        create(pod("limit-two", "small", container({ memory: "1", cpu: "1" }))),
      ],
    ],
  },
  {
    name: "LimitRanger: resize",
    parts: [
      [
        ...space("limit-resize"),
        create(pod("limit-resize", "p", container({ cpu: "1" }, { cpu: "1" }))),
        create(pod("limit-resize", "bare")),
        create(
          object(
            "v1",
            "LimitRange",
            "l",
            { spec: { limits: [{ type: "Container", max: { cpu: "2" } }] } },
            "limit-resize",
          ),
        ),
      ],
      [
        patch(
          pod("limit-resize", "p"),
          { spec: { containers: [{ name: "main", resources: { requests: { cpu: "3" }, limits: { cpu: "3" } } }] } },
          "resize",
        ),
        {
          ...patch(
            pod("limit-resize", "p"),
            { spec: { containers: [{ name: "main", resources: { requests: { cpu: "3" }, limits: { cpu: "3" } } }] } },
            "resize",
          ),
          type: "application/strategic-merge-patch+json",
        },
        {
          ...patch(
            pod("limit-resize", "p"),
            { spec: { containers: [{ name: "main", resources: { requests: { cpu: "2" }, limits: { cpu: "2" } } }] } },
            "resize",
          ),
          type: "application/strategic-merge-patch+json",
        },
      ],
    ],
  },
];
