import assert from "node:assert/strict";
import { test } from "node:test";
import { checkManifests } from "../../check/checker.ts";
import { parseManifests } from "../../manifests.ts";
import { printedObjects } from "../printed-objects.ts";
import { csiInstallManifests } from "./csi-install-manifests.ts";
import { syncInstallManifests } from "./install-manifests.ts";

/** What is printed, put through an API server's registry and chain. */
async function verdicts(manifests: readonly object[]): Promise<readonly string[]> {
  const { results } = await checkManifests(parseManifests("a.yaml", printedObjects(manifests, "yaml")), {
    policies: [],
    chain: {},
    user: { username: "kubernetes-admin", groups: ["system:masters"] },
    namespace: "default",
  });
  return results.map(({ kind, verdict, message, warnings }) =>
    [kind, verdict, ...(message === undefined ? [] : [message]), ...warnings].join(": "),
  );
}

test("what is printed for a cluster is taken by one, without warnings", async () => {
  const sync = { namespace: "sync", image: "i", args: ["--own-credentials"] };
  assert.deepEqual(await verdicts(syncInstallManifests(sync)), [
    "Namespace: allowed",
    "ServiceAccount: allowed",
    "ClusterRole: allowed",
    "ClusterRoleBinding: allowed",
    "Role: allowed",
    "RoleBinding: allowed",
    "Deployment: allowed",
  ]);
  assert.deepEqual(await verdicts(syncInstallManifests({ ...sync, namespace: "shop", onlyNamespace: "shop" })), [
    "Namespace: allowed",
    "ServiceAccount: allowed",
    "Role: allowed",
    "RoleBinding: allowed",
    "Role: allowed",
    "RoleBinding: allowed",
    "Deployment: allowed",
  ]);
  const csi = { namespace: "csi", image: "i", socketFolder: "/etc/providers", args: [] };
  assert.deepEqual(await verdicts(csiInstallManifests(csi)), [
    "Namespace: allowed",
    "ServiceAccount: allowed",
    "DaemonSet: allowed",
  ]);
});
