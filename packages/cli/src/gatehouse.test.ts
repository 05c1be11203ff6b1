import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findResource, type ResourceInfo } from "@sallyport/kube";
import { UsageError } from "./errors.ts";
import { type Gatehouse, openGatehouse } from "./gatehouse.ts";
import { version } from "./version.ts";

const base = { host: "127.0.0.1", port: 0, memory: true, chain: {} };

async function withGatehouse(run: (gatehouse: Gatehouse, folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-gatehouse-"));
  const faults: unknown[] = [];
  const gatehouse = await openGatehouse({ ...base, folder, onFault: (error) => faults.push(error) });
  try {
    await run(gatehouse, folder);
  } finally {
    await gatehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
  assert.deepEqual(faults, []);
}

function create(
  gatehouse: Gatehouse,
  group: string,
  resource: string,
  value: { readonly [field: string]: unknown },
  namespace = "default",
): Promise<unknown> {
  const info = findResource(group, "v1", resource) as ResourceInfo;
  const user = { username: "kubernetes-admin", groups: ["system:masters"] };
  const context = {
    info,
    subresource: "",
    namespace,
    name: "",
    user,
    dryRun: false,
    fieldValidation: "Strict" as const,
    warn: () => {},
    audit: () => {},
  };
  return gatehouse.server.registry.create({ value, strictErrors: [] }, context);
}

const pod = { metadata: { name: "p" }, spec: { containers: [{ name: "a", image: "x:1" }] } };

/** A webhook that refuses everything, with the gatehouse's own certificate. */
async function withWebhook(folder: string, run: (port: number, ca: string) => Promise<void>): Promise<void> {
  const read = (name: string) => readFileSync(join(folder, "pki", name), "utf8");
  const server = createServer({ cert: read("server.crt"), key: read("server.key") }, async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { uid, kind } = (JSON.parse(body) as { request: { uid: string; kind: { kind: string } } }).request;
    response.end(
      JSON.stringify({
        apiVersion: "admission.k8s.io/v1",
        kind: "AdmissionReview",
        response: { uid, allowed: false, status: { message: `no ${kind.kind}` } },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await run((server.address() as AddressInfo).port, read("ca.crt"));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function configuration(port: number, caBundle: string) {
  const webhook = {
    name: "hook.example.com",
    clientConfig: { url: `https://localhost:${port}/`, caBundle: Buffer.from(caBundle).toString("base64") },
    rules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["CREATE"] }],
    admissionReviewVersions: ["v1"],
    sideEffects: "None",
  };
  return { metadata: { name: "hook" }, webhooks: [webhook] };
}

test("a validating webhook is called over TLS, trusted by its caBundle", () =>
  withGatehouse((gatehouse, folder) =>
    withWebhook(folder, async (port, ca) => {
      await create(
        gatehouse,
        "admissionregistration.k8s.io",
        "validatingwebhookconfigurations",
        configuration(port, ca),
      );
      await assert.rejects(
        create(gatehouse, "", "pods", pod),
        /admission webhook "hook\.example\.com" denied the request: no Pod/,
      );
    }),
  ));

test("a webhook whose certificate nobody vouches for refuses, fail closed", () =>
  withGatehouse((gatehouse, folder) =>
    withWebhook(folder, async (port) => {
      const { webhooks, metadata } = configuration(port, "");
      const [webhook] = webhooks;
      const { caBundle: _, ...clientConfig } = webhook?.clientConfig ?? { caBundle: "" };
      await create(gatehouse, "admissionregistration.k8s.io", "validatingwebhookconfigurations", {
        metadata,
        webhooks: [{ ...webhook, clientConfig }],
      });
      await assert.rejects(
        create(gatehouse, "", "pods", pod),
        /failed calling webhook "hook\.example\.com": failed to call webhook: Post .*(certificate|self)/,
      );
    }),
  ));

test("a policy is in force for the request right behind its ConfigMap, and its status is written", (t) =>
  withGatehouse(async (gatehouse) => {
    await create(gatehouse, "", "namespaces", { metadata: { name: "opa" } });
    const text = 'package kubernetes.admission\ndeny contains "never" if input.request.kind.kind == "Pod"\n';
    await create(gatehouse, "", "configmaps", { metadata: { name: "p" }, data: { "p.rego": text } }, "opa");
    await assert.rejects(create(gatehouse, "", "pods", pod), /never \(policy opa\/p\/p\.rego:2\)/);
    const isWritten = () => {
      const { annotations } = gatehouse.server.cache.get("", "configmaps", "opa", "p")?.metadata ?? {};
      assert.deepEqual(annotations, { "openpolicyagent.org/kube-mgmt-status": '{"status":"ok"}' });
    };
    await t.waitFor(isWritten, { timeout: 30_000 });
  }));

test("the kubeconfig is its owner's alone", () =>
  withGatehouse(async ({ kubeconfigFile }) => {
    const { statSync } = await import("node:fs");
    assert.equal(statSync(kubeconfigFile).mode & 0o777, 0o600);
  }));

test("unknown plugins are a usage error", async () => {
  await assert.rejects(
    openGatehouse({ ...base, folder: "unused", chain: { enable: ["Nope"] }, onFault: () => {} }),
    UsageError,
  );
});

test("the version is the package's", () => {
  assert.equal(version, (JSON.parse(readFileSync("packages/cli/package.json", "utf8")) as { version: string }).version);
});
