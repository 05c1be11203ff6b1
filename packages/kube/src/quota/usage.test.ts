import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinResources } from "../catalogue.ts";
import type { KubeObject } from "../object.ts";
import { quotaStatus } from "./usage.ts";

const pod = (cpu?: string, more: object = {}, status: object = {}): readonly [string, KubeObject] => [
  "pods",
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {},
    spec: { containers: [cpu === undefined ? {} : { resources: { requests: { cpu } } }], ...more },
    status,
  },
];
const autoscaler: readonly [string, KubeObject] = [
  "horizontalpodautoscalers",
  { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", metadata: {} },
];
const service = (type: string): readonly [string, KubeObject] => [
  "services",
  { apiVersion: "v1", kind: "Service", metadata: {}, spec: { type, ports: [{}, {}] } },
];

/** `NAME=AMOUNT …` of what is used. */
function used(spec: object, objects: readonly (readonly [string, KubeObject])[], status: object = {}): string {
  const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: {}, spec, status };
  const list = (_group: string, resource: string) =>
    objects.filter(([each]) => each === resource).map(([, object]) => object);
  const found = quotaStatus(quota, builtinResources, list, 0);
  if (found === undefined) return "unchanged";
  return Object.entries(found.used)
    .map(([name, amount]) => `${name}=${amount}`)
    .join(" ");
}

const cases: readonly (readonly [
  what: string,
  spec: object,
  objects: readonly (readonly [string, KubeObject])[],
  wanted: string,
  status?: object,
])[] = [
  ["nothing there", { hard: { pods: "2", configmaps: "1" } }, [], "configmaps=0 pods=0"],
  ["amounts", { hard: { "requests.cpu": "2", pods: "9" } }, [pod("500m"), pod("1")], "pods=2 requests.cpu=1500m"],
  [
    "pods that are over",
    { hard: { pods: "9", "count/pods": "9" } },
    [pod("1", {}, { phase: "Failed" }), pod("1")],
    "count/pods=2 pods=1",
  ],
  ["a scope", { hard: { pods: "9" }, scopes: ["BestEffort"] }, [pod("1"), pod(), pod()], "pods=2"],
  [
    "a scope's values",
    {
      hard: { pods: "9" },
      scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }] },
    },
    [pod("1", { priorityClassName: "high" }), pod("1", { priorityClassName: "low" })],
    "pods=1",
  ],
  ["a resource that knows no scopes", { hard: { configmaps: "1" }, scopes: ["BestEffort"] }, [], "configmaps=0"],
  [
    "services by their types",
    { hard: { services: "9", "services.nodeports": "9", "services.loadbalancers": "9" } },
    [service("ClusterIP"), service("NodePort")],
    "services=2 services.loadbalancers=0 services.nodeports=2",
  ],
  [
    "a kind of several versions, once",
    { hard: { "count/horizontalpodautoscalers.autoscaling": "1" } },
    [autoscaler],
    "count/horizontalpodautoscalers.autoscaling=1",
  ],
  ["a name that nothing counts", { hard: { "count/widgets.example.com": "1" } }, [], ""],
  ["the same as before", { hard: { pods: "2" } }, [pod()], "unchanged", { hard: { pods: "2" }, used: { pods: "1" } }],
  ["other limits", { hard: { pods: "3" } }, [pod()], "pods=1", { hard: { pods: "2" }, used: { pods: "1" } }],
  [
    "a limit that is gone",
    { hard: { pods: "2" } },
    [pod()],
    "pods=1",
    { hard: { pods: "2", configmaps: "1" }, used: { pods: "1", configmaps: "0" } },
  ],
];

for (const [what, spec, objects, wanted, status] of cases)
  test(`usage of a quota: ${what}`, () => assert.equal(used(spec, objects, status), wanted));
