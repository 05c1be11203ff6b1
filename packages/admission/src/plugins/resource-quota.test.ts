import assert from "node:assert/strict";
import { test } from "node:test";
import { type KubeObject, StatusError } from "@sallyport/kube";
import { pod, requestFor, snapshotOf, testEffects } from "../admission.fixture.ts";
import { admit } from "../admit.ts";
import type { Request } from "../request.ts";
import { createResourceQuota } from "./resource-quota.ts";
import type { LimitedResource } from "./resource-quota-check.ts";

function quota(hard: object, used: object = {}, spec: object = {}, name = "q"): KubeObject {
  const metadata = { name, namespace: "default", resourceVersion: "1" };
  const none = Object.fromEntries(Object.keys(hard).map((key) => [key, "0"]));
  return {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata,
    spec: { hard, ...spec },
    status: { hard, used: { ...none, ...used } },
  };
}

/** Quotas as a server keeps them: a write of an older version is a conflict. */
class Quotas {
  objects: readonly KubeObject[];
  writes = 0;
  /** Called before each write. */
  before: () => void = () => {};

  constructor(...objects: readonly KubeObject[]) {
    this.objects = objects;
  }

  readonly updateStatus = async (object: KubeObject): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    this.before();
    const at = this.objects.findIndex(({ metadata }) => metadata.name === object.metadata.name);
    if (this.objects[at]?.metadata.resourceVersion !== object.metadata.resourceVersion)
      throw new StatusError("Conflict", "changed");
    this.write(object);
  };

  write(object: KubeObject): void {
    this.writes++;
    const metadata = { ...object.metadata, resourceVersion: String(Number(object.metadata.resourceVersion) + 1) };
    this.objects = this.objects.map((each) => (each.metadata.name === metadata.name ? { ...object, metadata } : each));
  }

  used(name = "q"): unknown {
    const found = this.objects.find(({ metadata }) => metadata.name === name);
    return (found?.["status"] as { readonly used?: unknown } | undefined)?.used;
  }
}

interface Asked {
  readonly old?: KubeObject;
  readonly as?: Partial<Request>;
  readonly limited?: readonly LimitedResource[];
}

function asking(quotas: Quotas, limited: readonly LimitedResource[] = []) {
  const plugins = [createResourceQuota(limited)];
  const { objects } = snapshotOf([]);
  const list = (_group: string, resource: string) => (resource === "resourcequotas" ? quotas.objects : []);
  const effects = { ...testEffects, updateStatus: quotas.updateStatus };
  return async (object: KubeObject, { old, as }: Asked = {}): Promise<string> => {
    const request = { ...requestFor(object, old === undefined ? "CREATE" : "UPDATE", old ?? null), ...as };
    const decision = await admit(request, snapshotOf([], { objects: { ...objects, list } }), effects, { plugins });
    return decision.status?.message ?? "allowed";
  };
}

const asks = (resources: object) => pod({ containers: [{ name: "a", image: "x", resources }] });
const service = (spec: object): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "s", namespace: "default" },
  spec,
});
const claim = (size: string, spec: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "c", namespace: "default" },
  spec: { resources: { requests: { storage: size } }, ...spec },
});
const configMap: KubeObject = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", namespace: "default" } };

const cases: readonly [
  what: string,
  quota: KubeObject,
  object: KubeObject,
  said: string,
  used: unknown,
  asked?: Asked,
][] = [
  ["room", quota({ pods: "2" }, { pods: "1" }), pod(), "allowed", { pods: "2" }],
  [
    "no room",
    quota({ pods: "1" }, { pods: "1" }),
    pod(),
    'pods "p" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
    { pods: "1" },
  ],
  [
    "two that are exceeded",
    quota({ "requests.cpu": "1", "limits.cpu": "1" }),
    asks({ requests: { cpu: "1500m" }, limits: { cpu: "2" } }),
    'pods "p" is forbidden: exceeded quota: q, requested: limits.cpu=2,requests.cpu=1500m, used: limits.cpu=0,requests.cpu=0, limited: limits.cpu=1,requests.cpu=1',
    { "limits.cpu": "0", "requests.cpu": "0" },
  ],
  [
    "a container that does not say",
    quota({ "requests.cpu": "1", memory: "1Gi" }),
    pod(),
    'pods "p" is forbidden: failed quota: q: must specify memory for: a; requests.cpu for: a',
    { memory: "0", "requests.cpu": "0" },
  ],
  [
    "a status that is not there yet",
    { ...quota({ pods: "1" }), status: { hard: { pods: "1" } } },
    pod(),
    'pods "p" is forbidden: status unknown for quota: q, resources: pods',
    undefined,
  ],
  [
    "memory in its family",
    quota({ "requests.memory": "2Gi" }, { "requests.memory": "1Gi" }),
    asks({ requests: { memory: "512Mi" } }),
    "allowed",
    { "requests.memory": "1536Mi" },
  ],
  [
    "a device",
    quota({ "requests.example.com/gpu": "1" }),
    asks({ requests: { "example.com/gpu": "2" }, limits: { "example.com/gpu": "2" } }),
    'pods "p" is forbidden: exceeded quota: q, requested: requests.example.com/gpu=2, used: requests.example.com/gpu=0, limited: requests.example.com/gpu=1',
    { "requests.example.com/gpu": "0" },
  ],
  [
    "a scope that does not hold",
    quota({ pods: "0" }, {}, { scopes: ["BestEffort"] }),
    asks({ requests: { cpu: "1" } }),
    "allowed",
    { pods: "0" },
  ],
  [
    "a scope that holds",
    quota({ pods: "0" }, {}, { scopes: ["BestEffort"] }),
    pod(),
    'pods "p" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0',
    { pods: "0" },
  ],
  [
    "a priority class",
    quota(
      { pods: "0" },
      {},
      { scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }] } },
    ),
    pod({ priorityClassName: "low" }),
    "allowed",
    { pods: "0" },
  ],
  [
    "node ports",
    quota({ "services.nodeports": "1" }),
    service({ type: "NodePort", ports: [{ port: 1 }, { port: 2 }] }),
    'services "s" is forbidden: exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1',
    { "services.nodeports": "0" },
  ],
  [
    "a service that becomes a load balancer",
    quota({ "services.loadbalancers": "1", services: "1" }, { services: "1" }),
    service({ type: "LoadBalancer" }),
    "allowed",
    { services: "1", "services.loadbalancers": "1" },
    { old: service({ type: "ClusterIP" }) },
  ],
  [
    "a claim that grows",
    quota({ "requests.storage": "3Gi" }, { "requests.storage": "1Gi" }),
    claim("2Gi"),
    "allowed",
    { "requests.storage": "2Gi" },
    { old: claim("1Gi") },
  ],
  [
    "a class of storage",
    quota({ "gold.storageclass.storage.k8s.io/requests.storage": "1Gi" }),
    claim("2Gi", { storageClassName: "gold" }),
    'persistentvolumeclaims "c" is forbidden: exceeded quota: q, requested: gold.storageclass.storage.k8s.io/requests.storage=2Gi, used: gold.storageclass.storage.k8s.io/requests.storage=0, limited: gold.storageclass.storage.k8s.io/requests.storage=1Gi',
    { "gold.storageclass.storage.k8s.io/requests.storage": "0" },
  ],
  [
    "objects by number",
    quota({ "count/configmaps": "1", configmaps: "5" }),
    configMap,
    "allowed",
    { "count/configmaps": "1", configmaps: "1" },
  ],
  ["a dry run", quota({ pods: "1" }), pod(), "allowed", { pods: "0" }, { as: { dryRun: true } }],
  [
    "what only a quota allows",
    quota({ services: "1" }),
    asks({ requests: { cpu: "1" } }),
    'pods "p" is forbidden: insufficient quota to consume: requests.cpu',
    { services: "0" },
    { limited: [{ resource: "pods", matchContains: ["requests.cpu"] }] },
  ],
  [
    "a scope that only a quota allows",
    quota({ services: "1" }),
    pod({ priorityClassName: "high" }),
    "insufficient quota to match these scopes: [{PriorityClass In [high]}]",
    { services: "0" },
    {
      limited: [{ resource: "pods", matchScopes: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }] }],
    },
  ],
];

for (const [what, start, object, said, used, asked = {}] of cases)
  test(`ResourceQuota: ${what}`, async () => {
    const quotas = new Quotas(start);
    assert.equal(await asking(quotas, asked.limited)(object, asked), said);
    assert.deepEqual(quotas.used(), used);
  });

test("writes that come together are counted by one update, and never over the limit", async () => {
  const quotas = new Quotas(quota({ pods: "5" }));
  const ask = asking(quotas);
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(pod())));
  assert.equal(answers.filter((each) => each === "allowed").length, 5);
  assert.deepEqual([quotas.used(), quotas.writes], [{ pods: "5" }, 2]);
});

test("a usage that another server writes meanwhile is counted anew", async () => {
  const quotas = new Quotas(quota({ pods: "2" }));
  let isFirst = true;
  quotas.before = () => {
    if (isFirst) quotas.write(quota({ pods: "2" }, { pods: "2" }));
    isFirst = false;
  };
  assert.match(await asking(quotas)(pod()), /exceeded quota: q, requested: pods=1, used: pods=2/);
});

test("a usage that cannot be written refuses", async () => {
  const quotas = new Quotas(quota({ pods: "2" }));
  quotas.before = () => {
    throw new StatusError("ServiceUnavailable", "no leader");
  };
  assert.equal(await asking(quotas)(pod()), "no leader");
});
