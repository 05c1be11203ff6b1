import assert from "node:assert/strict";
import { test } from "node:test";
import { withServer } from "../../server.fixture.ts";

const pods = "/api/v1/namespaces/default/pods";
const spec = { automountServiceAccountToken: false, containers: ["a", "b"].map((name) => ({ name, image: "i" })) };
const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec };
const bindTo = (target: object) => ({ apiVersion: "v1", kind: "Binding", metadata: { name: "p" }, target });
const evict = (fields: object) => ({ apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "p" }, ...fields });

/** Requests in their order: path, body of a POST, and code and message of the answer. */
const steps: readonly (readonly [path: string, body: object | undefined, code: number, message?: string])[] = [
  ["/none/log", undefined, 404, 'pods "none" not found'],
  ["/p/log", undefined, 400, "a container name must be specified for pod p, choose one of: [a b]"],
  ["/p/log?container=x", undefined, 400, "container x is not valid for pod p"],
  [
    "/p/log?container=a&tailLines=-1",
    undefined,
    422,
    'PodLogOptions "p" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
  ],
  ["/p/log?container=a", undefined, 204],
  ["/p/exec?command=ls&container=a", {}, 400, "pod p does not have a host assigned"],
  ["/p/attach?container=b", {}, 400, "pod p does not have a host assigned"],
  ["/p/portforward", {}, 400, "pod p does not have a host assigned"],
  ["/p/proxy/", undefined, 400, "address not allowed"],
  ["/p/binding", bindTo({}), 500, "target.name: Required value"],
  ["/p/binding", bindTo({ kind: "Node", name: "n" }), 201],
  [
    "/p/binding",
    bindTo({ name: "m" }),
    409,
    'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n"',
  ],
  ["/p/log?container=a", undefined, 404, 'pods "n" not found'],
  ["/p/eviction", evict({ metadata: { name: "q" } }), 400, "name in URL does not match name in Eviction object"],
  ["/p/eviction?dryRun=All", evict({}), 201],
  ["/p/eviction?dryRun=All", evict({ apiVersion: "policy/v1beta1" }), 201],
  [
    "/p/eviction?dryRun=All",
    evict({ apiVersion: "v1" }),
    400,
    'Eviction in version "v1" cannot be handled as a Eviction: no kind "Eviction" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
  ],
  ["/p/eviction", evict({ deleteOptions: { dryRun: ["All"] } }), 201],
  ["/p", undefined, 200],
];

test("what a pod answers that runs nowhere", () =>
  withServer(async ({ call }) => {
    await call(pods, { body: pod });
    for (const [path, body, code, message] of steps) {
      const answer = await call(`${pods}${path}`, body === undefined ? {} : { body });
      assert.equal(answer.code, code, path);
      assert.equal(answer.body.message, message, path);
    }
    const { body } = await call(`${pods}/p`);
    assert.equal(body.spec.nodeName, "n");
    assert.equal(body.status.conditions.find(({ type }: { type: string }) => type === "PodScheduled").status, "True");
  }));
