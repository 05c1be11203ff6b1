import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bed, withServer } from "../server.fixture.ts";
import type { AuditEvent } from "./auditor.ts";
import type { AuditPolicy } from "./policy.ts";

const policy: AuditPolicy = {
  omitStages: ["RequestReceived"],
  rules: [
    { level: "None", nonResourceURLs: ["/readyz*"] },
    { level: "Metadata", resources: [{ group: "", resources: ["secrets"] }] },
    { level: "Request", verbs: ["list", "delete"] },
    { level: "RequestResponse" },
  ],
};

const place = "/api/v1/namespaces/default";
const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { k: "v" } };
const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, data: { k: "djE=" } };

/** As it stands in the log. */
function asLine(event: AuditEvent): AuditEvent {
  return JSON.parse(JSON.stringify(event)) as AuditEvent;
}

// biome-ignore lint/suspicious/noExplicitAny: events are looked into at many places
async function eventsOf(count: number, run: Parameters<typeof withServer>[0], rules = policy): Promise<any[]> {
  const events: AuditEvent[] = [];
  const untilAll = async (bed: Bed) => {
    await run(bed);
    // The client may have its answer before the server knows that it is through.
    const deadline = Date.now() + 5000;
    while (events.length < count && Date.now() < deadline) await new Promise((done) => setTimeout(done, 5));
  };
  await withServer(untilAll, { audit: { policy: rules, sink: (event) => events.push(asLine(event)) } });
  return events;
}

test("levels tell as much as the policy says", async () => {
  const events = await eventsOf(4, async ({ call }) => {
    await call("/readyz");
    await call(`${place}/configmaps`, { body: configMap });
    await call(`${place}/secrets`, { body: secret });
    await call(`${place}/configmaps?limit=1`);
    await call(`${place}/configmaps/none`, { method: "DELETE" });
  });
  const [created, hidden, listed, missing] = events;
  assert.equal(events.length, 4);
  assert.equal(created.requestObject.data.k, "v");
  assert.equal(created.responseObject.metadata.name, "a");
  assert.deepEqual(created.responseStatus, { metadata: {}, code: 201 });
  assert.deepEqual(created.objectRef, { resource: "configmaps", namespace: "default", name: "a", apiVersion: "v1" });
  assert.equal(created.annotations["authorization.k8s.io/decision"], "allow");
  assert.equal(created.user.username, "kubernetes-admin");
  assert.match(created.requestReceivedTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  assert.equal(hidden.objectRef.name, "s", "the name of what is created, at all levels");
  assert.ok(!JSON.stringify(hidden).includes("djE="), "a secret's body at level Metadata");
  assert.equal(listed.requestURI, `${place}/configmaps?limit=1`);
  assert.equal(listed.responseObject, undefined);
  assert.equal(missing.responseStatus.reason, "NotFound");
  assert.equal(missing.responseStatus.code, 404);
});

test("who is refused, and who acts as somebody else", async () => {
  const events = await eventsOf(1, async ({ call }) => {
    await call(`${place}/configmaps`, { headers: { "impersonate-user": "jane" } });
  });
  assert.equal(events.length, 1);
  assert.equal(events[0].impersonatedUser.username, "jane");
  assert.equal(events[0].annotations["authorization.k8s.io/decision"], "forbid");
  assert.equal(events[0].responseStatus.code, 403);
});

test("the constrained way by which somebody acts as somebody else is told of, and that of old is not", async () => {
  const events = await eventsOf(3, async ({ call }) => {
    await call("/version", { headers: { "impersonate-user": "jane" } });
    await call("/version", { headers: { "impersonate-user": "jane", "impersonate-group": "system:masters" } });
    await call("/version");
  });
  assert.deepEqual(
    events.map(({ impersonatedUser, authenticationMetadata }) => [impersonatedUser?.username, authenticationMetadata]),
    [
      ["jane", { impersonationConstraint: "impersonate:user-info" }],
      ["jane", undefined],
      [undefined, undefined],
    ],
  );
});

test("credentials that are refused are told of once, and of nobody", async () => {
  const events = await eventsOf(1, async ({ call }) => {
    await call(`${place}/configmaps`, { anonymous: true, headers: { authorization: "Bearer nobody" } });
  });
  assert.deepEqual(
    events.map(({ stage, user, responseStatus, annotations }) => [stage, user, responseStatus.reason, annotations]),
    [["ResponseStarted", {}, "Unauthorized", undefined]],
  );
});

test("what was sent is told of with its kind and its defaults, and without what the server adds", async () => {
  const events = await eventsOf(2, async ({ call }) => {
    await call("/api/v1/namespaces", { body: { metadata: { name: "n" } } });
    await call(`${place}/configmaps/none`, { method: "DELETE", body: { gracePeriodSeconds: 0 } });
  });
  assert.deepEqual(events[0].requestObject, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "n", labels: { "kubernetes.io/metadata.name": "n" } },
    spec: {},
    status: { phase: "Active" },
  });
  const type = { kind: "DeleteOptions", apiVersion: "meta.k8s.io/__internal" };
  assert.deepEqual(events[1].requestObject, { ...type, gracePeriodSeconds: 0 });
});

test("a watch is told of at its beginning and its end", async () => {
  const events = await eventsOf(
    3,
    async ({ call }) => void (await call(`${place}/configmaps?watch=true&timeoutSeconds=1`)),
    { rules: [{ level: "Metadata" }] },
  );
  assert.deepEqual(
    events.map(({ stage }) => stage),
    ["RequestReceived", "ResponseStarted", "ResponseComplete"],
  );
});

test("managed fields are left out where the policy omits them", async () => {
  const events = await eventsOf(
    1,
    async ({ call }) => {
      const metadata = { name: "m", managedFields: [] };
      await call(`${place}/configmaps`, { body: { ...configMap, metadata } });
    },
    { omitManagedFields: true, omitStages: ["RequestReceived"], rules: [{ level: "Request" }] },
  );
  assert.deepEqual(events[0].requestObject.metadata, { name: "m" });
});
