import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createAdmissionEffects } from "../../packages/cli/src/effects/admission.ts";
import { freePort } from "../../scripts/free-port.ts";
import { type ClientBed, withClients } from "./client-bed.ts";
import { toolsFolder } from "./find-client.ts";

/** Only when asked for: the first build fetches modules and takes minutes. */
const go = process.env["SALLYPORT_GO"];
const skip = !go && "no Go toolchain in SALLYPORT_GO";

const folder = join(import.meta.dirname, "controller");
const buildMs = 1_200_000;

/** The program, built when its sources have changed. */
function built(): string {
  const hash = createHash("sha256");
  for (const file of ["main.go", "go.mod", "go.sum"]) hash.update(readFileSync(join(folder, file)));
  const target = join(toolsFolder, `controller-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(target)) return target;
  mkdirSync(toolsFolder, { recursive: true });
  const partial = `${target}.${process.pid}`;
  const { status, stderr } = spawnSync(go as string, ["build", "-o", partial, "."], {
    cwd: folder,
    timeout: buildMs,
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  renameSync(partial, target);
  return target;
}

const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "gates.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { kind: "Gate", plural: "gates" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: { type: "object", properties: { doors: { type: "integer" } } },
              status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            },
          },
        },
      },
    ],
  },
};

/** A configuration of webhooks, `mutate` or `validate`, that one instance of the controller answers. */
function webhooks(kind: string, path: string, port: number, caBundle: string): object {
  const rules = [
    { apiGroups: ["example.com"], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["gates"] },
  ];
  const webhook = {
    name: `${path}.example.com`,
    admissionReviewVersions: ["v1"],
    sideEffects: "None",
    clientConfig: { url: `https://127.0.0.1:${port}/${path}`, caBundle },
    rules,
  };
  return { apiVersion: "admissionregistration.k8s.io/v1", kind, metadata: { name: path }, webhooks: [webhook] };
}

/** Waits until something is so; the test's own time limit ends what never comes. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((done) => setTimeout(done, 50));
}

function start(program: string, { folder: home, kubeconfig }: ClientBed, port: number, said: string[]): ChildProcess {
  const certificates = join(home, `serving-${port}`);
  mkdirSync(certificates);
  copyFileSync(join(home, "pki", "server.crt"), join(certificates, "tls.crt"));
  copyFileSync(join(home, "pki", "server.key"), join(certificates, "tls.key"));
  const env = { KUBECONFIG: kubeconfig, HOME: home, CERT_DIR: certificates, WEBHOOK_PORT: String(port) };
  const child = spawn(program, [], { env, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => said.push(String(chunk)));
  return child;
}

interface Gate {
  readonly metadata: { readonly uid: string; readonly finalizers?: readonly string[] };
  readonly spec: { readonly doors: number };
  readonly status?: { readonly open: number };
}

test("a controller in Go: informers, owners, finalizers, status, webhooks, election of a leader", {
  skip,
  timeout: buildMs,
}, async () => {
  const program = built();
  const said: string[] = [];
  const children: ChildProcess[] = [];
  await withClients(
    async (bed) => {
      const { call, server, folder: home } = bed;
      const gates = "/apis/example.com/v1/namespaces/default/gates";
      const gate = (name: string) => server.cache.get("example.com", "gates", "default", name) as Gate | undefined;
      const doors = (name: string) =>
        (server.cache.get("", "configmaps", "default", name) as { data?: { doors?: string } } | undefined)?.data?.doors;
      assert.equal(await call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition), 201);
      await until(async () => (await call("GET", gates)) === 200);
      const port = await freePort();
      const first = start(program, bed, port, said);
      children.push(first);
      const caBundle = readFileSync(join(home, "pki", "ca.crt")).toString("base64");
      const registration = "/apis/admissionregistration.k8s.io/v1";
      const mutating = webhooks("MutatingWebhookConfiguration", "mutate", port, caBundle);
      const validating = webhooks("ValidatingWebhookConfiguration", "validate", port, caBundle);
      await call("POST", `${registration}/mutatingwebhookconfigurations`, mutating);
      await call("POST", `${registration}/validatingwebhookconfigurations`, validating);
      const create = (name: string, spec: object) =>
        call("POST", gates, { apiVersion: "example.com/v1", kind: "Gate", metadata: { name }, spec });
      // Until the webhook listens, nothing is admitted.
      await until(async () => (await create("a", {})) === 201);
      assert.equal(gate("a")?.spec.doors, 1);
      await until(() => doors("a") === "1" && gate("a")?.status?.open === 1);
      assert.deepEqual(gate("a")?.metadata.finalizers, ["example.com/close-doors"]);
      assert.equal(
        server.cache.get("", "configmaps", "default", "a")?.metadata.ownerReferences?.[0]?.uid,
        gate("a")?.metadata.uid,
      );
      assert.equal(await call("PATCH", `${gates}/a`, { spec: { doors: 10 } }), 403);
      assert.equal(await call("PATCH", `${gates}/a`, { spec: { doors: 3 } }), 200);
      await until(() => doors("a") === "3" && gate("a")?.status?.open === 3);
      await call("DELETE", "/api/v1/namespaces/default/configmaps/a");
      await until(() => doors("a") === "3");

      const second = start(program, bed, await freePort(), said);
      children.push(second);
      await call("DELETE", `${registration}/mutatingwebhookconfigurations/mutate`);
      await call("DELETE", `${registration}/validatingwebhookconfigurations/validate`);
      const holder = () =>
        (
          server.cache.get("coordination.k8s.io", "leases", "default", "gates.example.com") as unknown as {
            readonly spec: { readonly holderIdentity: string };
          }
        ).spec.holderIdentity;
      const before = holder();
      first.kill("SIGTERM");
      await until(() => holder() !== before && holder() !== "");
      await create("b", { doors: 2 });
      await until(() => doors("b") === "2");
      await call("DELETE", `${gates}/a`);
      await until(() => gate("a") === undefined && doors("a") === undefined);
      assert.ok(server.cache.get("", "configmaps", "default", "closed-a"));
    },
    { effects: createAdmissionEffects() },
  )
    .catch((error) => {
      throw new Error(`${(error as Error).message}\n${said.join("").slice(-4000)}`, { cause: error });
    })
    .finally(() => {
      for (const child of children) child.kill("SIGKILL");
    });
});
