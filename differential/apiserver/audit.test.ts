import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readAuditPolicy } from "@sallyport/apiserver";
import { diffObjects } from "@sallyport/kube";
import { valueAt } from "./api-client.ts";
import { masked } from "./mask.ts";
import { current, findKubeApiserver, type Peer, startKubeApiserver, startSallyport } from "./peers.ts";
import type { Step } from "./scenario.ts";

// The same requests, told of by the same policy: the same lines, field by field.

const files = findKubeApiserver();
const skip =
  "missing" in files ? files.missing : "url" in files ? `needs a kube-apiserver ${current.version} to start` : false;

// biome-ignore lint/suspicious/noExplicitAny: events have objects of all kinds
type Json = any;

const levels = ["None", "Metadata", "Request", "RequestResponse"] as const;

/** The level is in the namespace's name; what lies in none is told of with everything. */
const policy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitManagedFields: true,
  rules: [
    ...levels.map((level) => ({
      level,
      namespaces: [level.toLowerCase()],
      omitStages: level === "Request" ? ["RequestReceived"] : [],
    })),
    { level: "Metadata", nonResourceURLs: ["/healthz*", "/version"], omitStages: ["RequestReceived"] },
    { level: "RequestResponse", resources: [{ group: "", resources: ["namespaces", "namespaces/status"] }] },
    { level: "Request", omitManagedFields: false, resources: [{ group: "rbac.authorization.k8s.io" }] },
    { level: "Metadata", verbs: ["create"], resources: [{ group: "authorization.k8s.io", resources: ["*"] }] },
    { level: "None" },
  ],
};

const rules = "/apis/rbac.authorization.k8s.io/v1/clusterroles";

const steps: readonly Step[] = [
  ...levels.flatMap((level): readonly Step[] => {
    const name = level.toLowerCase();
    const maps = `/api/v1/namespaces/${name}/configmaps`;
    return [
      { method: "POST", path: "/api/v1/namespaces", body: { metadata: { name } } },
      { method: "POST", path: maps, body: { metadata: { name: "a" }, data: { a: "b" } } },
      { method: "POST", path: maps, body: { metadata: { name: "a" } } },
      { method: "POST", path: `${maps}?dryRun=All`, body: { metadata: { generateName: "nab-" } } },
      { method: "POST", path: maps, body: "{not json" },
      { method: "POST", path: maps, body: { metadata: { name: "Not A Name" } } },
      { method: "GET", path: `${maps}/a` },
      { method: "GET", path: `${maps}/none` },
      { method: "GET", path: `${maps}?limit=1&labelSelector=a%3Db` },
      { method: "GET", path: `${maps}?watch=true&timeoutSeconds=1&resourceVersion=(resourceVersion)` },
      { method: "PATCH", path: `${maps}/a`, type: "application/merge-patch+json", body: { data: { c: "d" } } },
      {
        method: "PATCH",
        path: `${maps}/a?fieldManager=m&force=true`,
        type: "application/apply-patch+yaml",
        body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { e: "f" } },
      },
      { method: "PUT", path: `${maps}/a`, body: { metadata: { name: "a" }, data: {} } },
      { method: "DELETE", path: `${maps}/a`, body: { gracePeriodSeconds: 0 } },
      { method: "DELETE", path: `${maps}?labelSelector=none` },
      { method: "GET", path: `/api/v1/namespaces/${name}/nothing` },
      { method: "GET", path: `${maps}/a`, headers: { "impersonate-user": "jane", "impersonate-group": "devs" } },
      {
        method: "GET",
        path: `${maps}/a`,
        headers: { "impersonate-user": "jane", "impersonate-group": "system:masters" },
      },
      { method: "GET", path: `${maps}/a`, headers: { "impersonate-user": "system:node:n1" } },
      { method: "GET", path: `${maps}/a`, headers: { "impersonate-user": "system:serviceaccount:d:default" } },
      { method: "GET", path: `${maps}/a`, headers: { authorization: "" } },
      { method: "GET", path: `${maps}/a`, headers: { authorization: "Bearer nobody" } },
    ];
  }),
  { method: "GET", path: "/version" },
  { method: "GET", path: "/healthz" },
  {
    method: "POST",
    path: rules,
    body: { metadata: { name: "r" }, rules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }] },
  },
  { method: "GET", path: `${rules}/r` },
  { method: "DELETE", path: `${rules}/r` },
  {
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    body: { spec: { resourceAttributes: { verb: "get", resource: "pods" } } },
  },
];

async function play({ client }: Peer): Promise<void> {
  for (const step of steps) await client.ask(step);
}

/** Of the requests above, without what each server makes of itself. */
function shown(events: readonly Json[]): readonly Json[] {
  return events
    .filter(({ userAgent }) => userAgent === "differential/1")
    .map(({ auditID, sourceIPs, requestReceivedTimestamp, stageTimestamp, ...event }) => {
      assert.match(auditID, /^[0-9a-f-]{36}$/);
      for (const time of [requestReceivedTimestamp, stageTimestamp])
        assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      event.requestURI = event.requestURI.replace(/resourceVersion=\d+/, "resourceVersion=(own)");
      return { ...(masked({ code: 0, headers: {}, warnings: [], body: event }).body as Json), sourceIPs };
    });
}

test("the audit log tells of the same requests the same, field by field", { skip, timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-audit-"));
  const [policyFile, log] = [join(folder, "policy.json"), join(folder, "audit.log")];
  writeFileSync(policyFile, JSON.stringify(policy));
  const read = readAuditPolicy(policy);
  if ("fault" in read) throw new Error(read.fault);
  const own: Json[] = [];
  const faults: unknown[] = [];
  const audit = { policy: read, sink: (event: Json) => void own.push(JSON.parse(JSON.stringify(event))) };
  const theirs = await startKubeApiserver(files as { readonly apiserver: string; readonly etcd: string }, {
    "audit-policy-file": policyFile,
    "audit-log-path": log,
  });
  const ours = await startSallyport((error) => faults.push(error), { audit });
  try {
    for (const peer of [theirs, ours]) await play(peer);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const lines = readFileSync(log, "utf8").trimEnd().split("\n");
    const [their, our] = [shown(lines.map((line) => JSON.parse(line))), shown(own)];
    assert.deepEqual(our.map(labelOf), their.map(labelOf));
    const unlike = their.flatMap((event, i) =>
      diffObjects(event, our[i]).map(
        ({ path }) =>
          `${labelOf(event)} ${path}: ${JSON.stringify(valueAt(our[i], path))}, kube-apiserver's ${JSON.stringify(valueAt(event, path))}`,
      ),
    );
    assert.deepEqual(unlike, []);
    assert.deepEqual(faults, []);
  } finally {
    await Promise.all([theirs.close(), ours.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
});

function labelOf({ verb, requestURI, stage, level, user, responseStatus }: Json): string {
  return `${level} ${stage} ${verb} ${requestURI} ${user?.username ?? ""} ${responseStatus?.code ?? ""}`;
}
