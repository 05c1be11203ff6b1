import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, kubeconfigConnection } from "@sallyport/cluster";
import {
  apiVersionOf,
  applyDefaults,
  applyJsonPatch,
  findKind,
  type KubeObject,
  parseApiVersion,
} from "@sallyport/kube";
import { stringify } from "yaml";
import { checkManifests } from "./check/checker.ts";
import { type Gatehouse, openGatehouse } from "./gatehouse.ts";
import { findKubectl } from "./kubectl.ts";
import { image, pod, policy, samples, spaces } from "./one-answer.fixture.ts";
import { openWebhook, type RunningWebhook } from "./webhook.ts";

// The same objects through `check`, through `webhook` over HTTPS, and through `up` with a real kubectl: one answer.

const kubectl = findKubectl(join(tmpdir(), "sallyport-test-tools"));

interface Verdict {
  /** Undefined where it is allowed. */
  readonly refusal: string | undefined;
  readonly warnings: readonly string[];
}

/** Refusals are compared without the object's name, which each door puts before them in its own way. */
function withoutName(message: string | undefined): string | undefined {
  return message?.replace(/^\w[\w.]* "[^"]*" is forbidden: /, "");
}

async function checked(sample: KubeObject): Promise<Verdict> {
  const objects = [...spaces, accountOf("open"), accountOf("strict"), sample];
  const manifests = objects.map((value, line) => ({ file: "f", line, value }));
  const user = { username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] };
  const { results } = await checkManifests(manifests, { policies: [policy], chain: {}, user, namespace: "default" });
  const { message, warnings } = results.at(-1) as (typeof results)[number];
  return { refusal: withoutName(message), warnings };
}

function accountOf(namespace: string): KubeObject {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace } };
}

interface Response {
  readonly allowed: boolean;
  readonly status?: { readonly message?: string };
  readonly warnings?: readonly string[];
  readonly patch?: string;
}

/** As an API server asks: for changes first, then, with these, for a verdict. */
async function reviewed(sample: KubeObject, { server }: RunningWebhook): Promise<Verdict> {
  const defaulted = applyDefaults(sample);
  const mutated = await review(server.url, "/mutate", defaulted);
  const warnings = [...(mutated.warnings ?? [])];
  if (!mutated.allowed) return { refusal: mutated.status?.message, warnings };
  const patch = mutated.patch === undefined ? [] : JSON.parse(Buffer.from(mutated.patch, "base64").toString());
  const validated = await review(server.url, "/validate", applyJsonPatch(defaulted, patch) as unknown as KubeObject);
  return {
    refusal: validated.allowed ? undefined : validated.status?.message,
    warnings: [...warnings, ...(validated.warnings ?? [])],
  };
}

function review(url: string, path: string, object: KubeObject): Promise<Response> {
  const { group, version } = parseApiVersion(object.apiVersion);
  const info = findKind(group, version, object.kind);
  const asked = {
    uid: "u",
    kind: { group, version, kind: object.kind },
    resource: { group, version, resource: info?.resource },
    name: object.metadata.name,
    namespace: object.metadata.namespace,
    operation: "CREATE",
    userInfo: { username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] },
    object,
  };
  const body = { apiVersion: `admission.k8s.io/v1`, kind: "AdmissionReview", request: asked };
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}${path}`, { method: "POST", rejectUnauthorized: false }, async (incoming) => {
      let text = "";
      for await (const chunk of incoming) text += chunk;
      if (incoming.statusCode !== 200) reject(new Error(text));
      else resolve((JSON.parse(text) as { readonly response: Response }).response);
    });
    outgoing.on("error", reject);
    outgoing.end(JSON.stringify(body));
  });
}

/** kubectl runs beside us: the server that it asks is in this process. */
async function asked(sample: KubeObject, gatehouse: Gatehouse, path: string): Promise<Verdict> {
  const child = spawn(path, ["create", "--dry-run=server", "-f", "-"], {
    env: { ...process.env, KUBECONFIG: gatehouse.kubeconfigFile },
    stdio: ["pipe", "ignore", "pipe"],
  });
  child.stdin.end(stringify(sample));
  let text = "";
  for await (const chunk of child.stderr.setEncoding("utf8")) text += chunk;
  const code = child.exitCode ?? (await new Promise<number>((done) => child.once("close", done)));
  const lines = text.split("\n").filter((line) => line !== "");
  const warnings = lines.filter((line) => line.startsWith("Warning: ")).map((line) => line.slice("Warning: ".length));
  const said = lines.find((line) => line.startsWith("Error from server"));
  const refusal = said?.replace(/^Error from server \(\w+\): error when creating "STDIN": /, "");
  assert.equal(code === 0, refusal === undefined, text);
  return { refusal: withoutName(refusal), warnings };
}

/** Until it is ready, and has the policy of the ConfigMap. */
async function untilFollowed(webhook: RunningWebhook): Promise<void> {
  const evil = pod("x", "open", image("evil/x:1"));
  for (let tries = 0; tries < 400; tries++) {
    const verdict = await reviewed(evil, webhook).catch(() => undefined);
    if (verdict?.refusal !== undefined) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.fail("the webhook has not become ready");
}

test("check, webhook and up give one answer", { skip: typeof kubectl === "string" ? kubectl : false }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-one-"));
  const gatehouse = await openGatehouse({
    folder,
    host: "127.0.0.1",
    port: 0,
    memory: true,
    chain: {},
    onFault: (error) => assert.fail(String(error)),
  });
  const connection = kubeconfigConnection(gatehouse.kubeconfigFile, { environment: {}, now: Date.now });
  const client = new Client(connection);
  let webhook: RunningWebhook | undefined;
  try {
    const create = (path: string, body: object) => client.ask(path, { method: "POST", body });
    for (const each of [...spaces, { metadata: { name: "opa" } }]) await create("/api/v1/namespaces", each);
    for (const namespace of ["open", "strict"])
      await create(`/api/v1/namespaces/${namespace}/serviceaccounts`, accountOf(namespace)).catch(() => {});
    const configMap = { metadata: { name: "p" }, data: { "p.rego": policy.text } };
    await create("/api/v1/namespaces/opa/configmaps", configMap);
    const configurations = { mutating: [], validating: [] };
    webhook = await openWebhook({
      connection,
      host: "127.0.0.1",
      port: 0,
      chain: {},
      plugins: ["default"],
      policies: [],
      replicate: [],
      tls: { secret: { namespace: "opa", name: "tls" }, names: ["localhost"], configurations },
      drainMs: 0,
      say: () => {},
    });
    await untilFollowed(webhook);
    let refused = 0;
    for (const sample of samples) {
      const place = `${sample.kind} ${sample.metadata.name} in ${apiVersionOf(parseApiVersion(sample.apiVersion))}`;
      const offline = await checked(sample);
      const told = (verdict: Verdict) => ({ ...verdict, refusal: sourceless(verdict.refusal) });
      assert.deepEqual(told(await reviewed(sample, webhook)), told(offline), `webhook: ${place}`);
      const path = typeof kubectl === "string" ? "" : kubectl.path;
      assert.deepEqual(told(await asked(sample, gatehouse, path)), told(offline), `kubectl: ${place}`);
      if (offline.refusal !== undefined) refused++;
    }
    assert.ok(refused >= 5, `${refused} of ${samples.length} were refused`);
  } finally {
    client.close();
    await webhook?.close();
    await gatehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A policy lies in a file here, and in a ConfigMap there. */
function sourceless(refusal: string | undefined): string | undefined {
  return refusal?.replaceAll(/policy (opa\/p\/)?p\.rego:/g, "policy p.rego:");
}
