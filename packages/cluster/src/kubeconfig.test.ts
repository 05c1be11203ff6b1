import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ConnectionError } from "./connection.ts";
import { kubeconfigConnection } from "./kubeconfig.ts";

const options = { environment: {}, now: () => 0 };

test("a kubeconfig that is broken off is refused, and not read as far as it goes", () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-kubeconfig-"));
  const file = join(folder, "config");
  const whole = `current-context: a
contexts: [{ name: a, context: { cluster: a, user: a } }]
clusters: [{ name: a, cluster: { server: "https://127.0.0.1:6443" } }]
users: [{ name: a, user: { token: canary } }]
`;
  try {
    writeFileSync(file, whole);
    assert.equal(kubeconfigConnection(file, options).url, "https://127.0.0.1:6443");
    writeFileSync(file, whole.slice(0, -3));
    assert.throws(() => kubeconfigConnection(file, options), new ConnectionError(`kubeconfig ${file}: not YAML`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
