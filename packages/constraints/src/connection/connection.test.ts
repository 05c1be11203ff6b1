import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionFault, diskConnection } from "./connection.ts";

const connection = (driver: string, config: unknown) =>
  diskConnection({
    apiVersion: "connection.gatekeeper.sh/v1alpha1",
    kind: "Connection",
    metadata: { name: "audit-connection" },
    spec: { driver, config },
  });

test("a disk's", () => {
  assert.deepEqual(connection("disk", { path: "/tmp/violations", maxAuditResults: 3 }), {
    path: "/tmp/violations",
    maxAuditResults: 3,
  });
});

const refused: readonly (readonly [string, unknown, string])[] = [
  ["dapr", { component: "pubsub" }, "driver dapr is not supported"],
  ["disk", "x", "error creating connection audit-connection: invalid config format, expected map[string]interface{}"],
  ["disk", { maxAuditResults: 1 }, "error creating connection audit-connection: missing or invalid 'path'"],
  [
    "disk",
    { path: "", maxAuditResults: 1 },
    "error creating connection audit-connection: invalid path: path cannot be empty",
  ],
  [
    "disk",
    { path: "/tmp/../etc", maxAuditResults: 1 },
    "error creating connection audit-connection: invalid path: path must not contain '..', dir traversal is not allowed",
  ],
  ["disk", { path: "/x" }, "error creating connection audit-connection: missing or invalid 'maxAuditResults'"],
  [
    "disk",
    { path: "/x", maxAuditResults: -1 },
    "error creating connection audit-connection: maxAuditResults cannot be negative",
  ],
  [
    "disk",
    { path: "/x", maxAuditResults: 6 },
    "error creating connection audit-connection: maxAuditResults cannot be greater than the maximum allowed audit runs: 5",
  ],
];

for (const [driver, config, fault] of refused)
  test(`refused: ${driver} ${JSON.stringify(config)}`, () =>
    assert.throws(() => connection(driver, config), new ConnectionFault(fault)));
