import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { auditCluster } from "./audit-cluster.ts";
import { configMap, constraint, eventually, template, withGatekeeper } from "./gatekeeper.fixture.ts";
import { ensureNamespace } from "./told-status.ts";
import { ViolationExport } from "./violation-export.ts";

type Bed = Parameters<Parameters<typeof withGatekeeper>[0]>[0];

const needsOwner = template("NeedOwner", 'not input.review.object.metadata.labels.owner; msg := "no owner"');
const match = "match: {labelSelector: {matchLabels: {audited: yes-1}}, kinds: [{kinds: [ConfigMap]}]}";
const connections = "/apis/connection.gatekeeper.sh/v1alpha1/namespaces/gatekeeper-system/connections";

async function withExport(
  run: (bed: Bed, folder: string, audit: (at: number) => Promise<void>, said: string[]) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-export-"));
  const said: string[] = [];
  try {
    await withGatekeeper(async (bed) => {
      await ensureNamespace(bed.client, "gatekeeper-system");
      for (const name of ["a", "b"]) await bed.apply(configMap(name, "default", "{audited: yes-1}"));
      await bed.apply(needsOwner);
      await eventually(
        () => bed.get("/apis/constraints.gatekeeper.sh/v1beta1/needowner"),
        (each) => each["items"] !== undefined,
      );
      await bed.apply(constraint("NeedOwner", "owner", `{${match}, enforcementAction: dryrun}`));
      const { client } = bed;
      const place = { namespace: "gatekeeper-system", connection: "audit-connection", channel: "audit-channel" };
      const exported = new ViolationExport({ client, ...place, id: "pod-1", onFault: (text) => said.push(text) });
      await run(
        bed,
        folder,
        async (at) => {
          await exported.begin(at);
          const onViolation = (each: Parameters<typeof exported.violation>[0]) => exported.violation(each);
          const options = { client, chunkSize: 500, violationsLimit: 20, writesStatus: false, now: () => at };
          await auditCluster({ ...options, onViolation });
          await exported.end();
        },
        said,
      );
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const connection = (driver: string, config: string) =>
  `{apiVersion: connection.gatekeeper.sh/v1alpha1, kind: Connection, metadata: {name: audit-connection, namespace: gatekeeper-system}, spec: {driver: ${driver}, config: ${config}}}`;

const disk = (path: string, maxAuditResults: number) =>
  connection("disk", `{path: "${path}", maxAuditResults: ${maxAuditResults}}`);

async function statusOf(bed: Bed) {
  const { status } = await bed.get(`${connections}/audit-connection`);
  return (status.byPod as readonly Record<string, unknown>[]).map(({ connectionUID, observedGeneration, ...rest }) => {
    assert.equal(typeof connectionUID, "string");
    assert.ok(Number(observedGeneration) > 0);
    return rest;
  });
}

test("violations are exported to a disk, of so many audits as are kept, and the status tells it", () =>
  withExport(async (bed, folder, audit, said) => {
    await bed.apply(disk(folder, 2));
    for (const at of [0, 60_000, 120_000]) await audit(at);
    const files = readdirSync(join(folder, "audit-channel")).sort();
    assert.deepEqual(files, ["1970-01-01T00_01_00Z.log", "1970-01-01T00_02_00Z.log"]);
    const lines = readFileSync(join(folder, "audit-channel", files[1] ?? ""), "utf8")
      .trimEnd()
      .split("\n");
    const told = lines.map((line) => JSON.parse(line) as { message: string; resourceName?: string; id: string });
    assert.deepEqual(
      told.map(({ message, resourceName, id }) => [message, resourceName, id]),
      [
        ["audit is started", undefined, "1970-01-01T00:02:00Z"],
        ["no owner", "a", "1970-01-01T00:02:00Z"],
        ["no owner", "b", "1970-01-01T00:02:00Z"],
        ["audit is completed", undefined, "1970-01-01T00:02:00Z"],
      ],
    );
    assert.deepEqual(await statusOf(bed), [{ id: "pod-1", operations: ["audit", "status"], active: true }]);
    assert.deepEqual(said, []);
  }));

test("what cannot be exported is told in the status, and the audit goes on", () =>
  withExport(async (bed, folder, audit, said) => {
    await audit(0);
    assert.match(said.pop() ?? "", /^export: no Connection gatekeeper-system\/audit-connection /);
    await bed.apply(connection("dapr", "{component: pubsub}"));
    await audit(0);
    assert.match(said.pop() ?? "", /driver dapr is not supported$/);
    const errors = [{ type: "UpsertConnection", message: "driver dapr is not supported" }];
    assert.deepEqual(await statusOf(bed), [{ id: "pod-1", operations: ["audit", "status"], active: false, errors }]);
    const file = join(folder, "file");
    writeFileSync(file, "");
    await bed.remove(`${connections}/audit-connection`);
    await bed.apply(disk(file, 1));
    await audit(0);
    assert.match(said.pop() ?? "", /^export: Connection audit-connection: ENOTDIR/);
  }));
