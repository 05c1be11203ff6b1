import assert from "node:assert/strict";
import { test } from "node:test";
import { bootstrapFlowControl, type KubeObject, type RbacReader } from "@sallyport/kube";
import type { Attributes } from "../authorization/authorizer.ts";
import { withServer } from "../server.fixture.ts";
import { FairQueues, handOf } from "./fair-queues.ts";
import { classify } from "./schemas.ts";

const plural = ({ kind }: KubeObject) => `${kind.toLowerCase()}s`;
const reader: RbacReader = {
  list: (_group, resource) => bootstrapFlowControl.filter((each) => plural(each) === resource),
  get: (_group, resource, _namespace, name) =>
    bootstrapFlowControl.find((each) => plural(each) === resource && each.metadata.name === name),
};

/** `user,group,…`; then `verb group/resource namespace`, or `verb /path`. */
function attributes(who: string, what: string): Attributes {
  const [username = "", ...groups] = who.split(",");
  const [verb = "", place = "", namespace = ""] = what.split(" ");
  const user = { username, groups: [...groups, "system:authenticated"] };
  if (place.startsWith("/")) return { user, verb, path: place, group: "", resource: "", namespace: "", name: "" };
  const [group = "", resource = ""] = place.includes(".") ? place.split("/") : ["", place];
  return { user, verb, group, resource, namespace, name: "" };
}

const cases: readonly (readonly [who: string, what: string, schema: string, level: string])[] = [
  ["admin,system:masters", "get pods ns", "exempt", "exempt"],
  ["ann", "get /healthz", "probes", "exempt"],
  ["ann", "get pods ns", "global-default", "global-default"],
  ["system:node:a,system:nodes", "update nodes", "system-node-high", "node-high"],
  ["system:node:a,system:nodes", "get pods ns", "system-nodes", "system"],
  [
    "system:kube-scheduler",
    "update coordination.k8s.io/leases kube-system",
    "system-leader-election",
    "leader-election",
  ],
  ["system:kube-scheduler", "list pods", "kube-scheduler", "workload-high"],
  [
    "system:serviceaccount:kube-system:x,system:serviceaccounts",
    "get pods a",
    "kube-system-service-accounts",
    "workload-high",
  ],
  ["system:serviceaccount:a:x,system:serviceaccounts", "get pods a", "service-accounts", "workload-low"],
];

for (const [who, what, schema, level] of cases) {
  test(`flow schema of ${who}: ${what}`, () => {
    const found = classify(reader, attributes(who, what));
    assert.deepEqual([found?.schema.metadata.name, found?.level.metadata.name], [schema, level]);
  });
}

test("flows are told apart by their schema's method", () => {
  const flowOf = (who: string, what: string) => classify(reader, attributes(who, what))?.flow();
  assert.notEqual(flowOf("ann", "get pods a"), flowOf("bob", "get pods a"));
  assert.equal(flowOf("ann", "get pods a"), flowOf("ann", "get pods b"));
  assert.notEqual(flowOf("system:kube-scheduler", "get pods a"), flowOf("system:kube-scheduler", "get pods b"));
});

test("a hand has no queue twice, and is always the same", () => {
  for (let i = 0; i < 200; i++) {
    const hand = handOf(`flow ${i}`, 16, 4);
    assert.equal(new Set(hand).size, 4);
    assert.ok(hand.every((each) => each >= 0 && each < 16));
    assert.deepEqual(handOf(`flow ${i}`, 16, 4), hand);
  }
});

test("a flow that floods waits behind itself; others are served in turn", async () => {
  const queues = new FairQueues({ seats: 1, queuing: { queues: 64, handSize: 1, queueLengthLimit: 10 } });
  const leave = await queues.enter(() => "first");
  const order: string[] = [];
  const request = async (flow: string) => {
    const end = await queues.enter(() => flow);
    order.push(end === undefined ? `${flow} refused` : flow);
    end?.();
  };
  const flood = Array.from({ length: 12 }, () => request("flood"));
  const other = request("other");
  await new Promise(setImmediate);
  assert.deepEqual(order, ["flood refused", "flood refused"]);
  assert.equal(queues.waiting, 11);
  leave?.();
  leave?.();
  await Promise.all([...flood, other]);
  assert.ok(order.indexOf("other") <= 4, order.join());
  assert.equal(queues.waiting, 0);
  assert.notEqual(await queues.enter(() => "last"), undefined);
});

test("a level that rejects refuses at once when all seats are taken", async () => {
  const queues = new FairQueues({ seats: 2 });
  const ends = [await queues.enter(() => "a"), await queues.enter(() => "a")];
  assert.equal(await queues.enter(() => "b"), undefined);
  ends[0]?.();
  assert.notEqual(await queues.enter(() => "b"), undefined);
});

test("the server tells the flow schema and the priority level of an answer", () =>
  withServer(async ({ call }) => {
    const base = "/apis/flowcontrol.apiserver.k8s.io/v1";
    const { headers } = await call("/api/v1/namespaces", { anonymous: true });
    const schema = await call(`${base}/flowschemas/global-default`);
    const level = await call(`${base}/prioritylevelconfigurations/global-default`);
    assert.equal(headers["x-kubernetes-pf-flowschema-uid"], schema.body.metadata.uid);
    assert.equal(headers["x-kubernetes-pf-prioritylevel-uid"], level.body.metadata.uid);
  }));
