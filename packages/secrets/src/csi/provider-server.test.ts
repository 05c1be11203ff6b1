import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import type { Codec } from "@sallyport/grpc";
import type { SecretsOfNamespace } from "../stores/kubernetes-store.ts";
import type { KubernetesServer } from "../stores/store-context.ts";
import { serveCsiProvider } from "./provider-server.ts";
import { csi, type MountRequest } from "./wire.ts";

/** A provider, a folder of stores of the namespace `shop`, and what was told. */
async function bedFor(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-csi-"));
  mkdirSync(join(folder, "stores", "shop"), { recursive: true });
  const endpoint = `unix://${folder}/sallyport.sock`;
  const told: string[] = [];
  const servers: KubernetesServer[] = [];
  const provider = await serveCsiProvider(endpoint, {
    environment: {},
    timeoutMs: 1_000,
    now: Date.now,
    files: { folder: join(folder, "stores") },
    lendsOwn: false,
    openNamespace: async (server): Promise<SecretsOfNamespace> => {
      servers.push(server);
      const secret = { metadata: { name: "db", resourceVersion: "7" }, data: { k: "Y2FuYXJ5" } };
      return { get: async () => secret, list: async () => [secret], close: () => {} };
    },
    version: "0.1.0",
    onMount: ({ pod, files, fault }) => void told.push(`${pod}: ${fault ?? files}`),
  });
  const client = new Client(endpoint, credentials.createInsecure());
  t.after(async () => {
    client.close();
    await provider.close(100);
    rmSync(folder, { recursive: true, force: true });
  });
  const ask = <Request, Answer>(method: string, request: Codec<Request>, answer: Codec<Answer>, message: Request) =>
    new Promise<Answer>((resolve, reject) =>
      client.makeUnaryRequest(
        `/v1alpha1.CSIDriverProvider/${method}`,
        (each: Request) => Buffer.from(request.write(each)),
        (bytes: Buffer) => answer.read(bytes),
        message,
        (error: ServiceError | null, value?: Answer) => (error === null ? resolve(value as Answer) : reject(error)),
      ),
    );
  const mount = (parameters: object, more: Partial<MountRequest> = {}) =>
    ask("Mount", csi.mountRequest, csi.mountResponse, { ...requestOf(parameters), ...more });
  return { folder, told, servers, ask, mount };
}

const pod = {
  "csi.storage.k8s.io/pod.name": "app-1",
  "csi.storage.k8s.io/pod.namespace": "shop",
  "csi.storage.k8s.io/pod.uid": "u",
  "csi.storage.k8s.io/serviceAccount.name": "app",
};

function requestOf(parameters: object): MountRequest {
  const attributes = JSON.stringify({ ...pod, ...parameters });
  return { attributes, secrets: "{}", targetPath: "/t", permission: "420", currentObjectVersion: [] };
}

const objects = `
- {path: password, key: db, property: password, mode: "0400"}
- {path: conf/url, template: "{{ .user }}:{{ .password }}", dataFrom: [{extract: {key: db}}]}
`;
const files = { store: "file: {folder: .}", objects };

test("a pod's files are told with their modes, and with versions that change with the secret", async (t) => {
  const { folder, told, ask, mount } = await bedFor(t);
  writeFileSync(join(folder, "stores/shop/db"), '{"user":"ann","password":"canary"}');
  const version = await ask("Version", csi.versionRequest, csi.versionResponse, { version: "v1alpha1" });
  assert.deepEqual(version, { version: "v1alpha1", runtimeName: "sallyport", runtimeVersion: "0.1.0" });
  const first = await mount(files);
  assert.deepEqual(
    first.files.map((each) => [each.path, each.mode, Buffer.from(each.contents).toString()]),
    [
      ["password", 0o400, "canary"],
      ["conf/url", 0o644, "ann:canary"],
    ],
  );
  assert.deepEqual(
    (await mount(files, { currentObjectVersion: first.objectVersion })).objectVersion,
    first.objectVersion,
  );
  writeFileSync(join(folder, "stores/shop/db"), '{"user":"ann","password":"canary-2"}');
  assert.notDeepEqual((await mount(files)).objectVersion, first.objectVersion);
  assert.deepEqual(told, ["shop/app-1: 2", "shop/app-1: 2", "shop/app-1: 2"]);
});

test("a pod has its own credentials and those of its account, and no others", async (t) => {
  const { servers, mount } = await bedFor(t);
  const store = (auth: string) => ({
    store: `kubernetes: {auth: ${auth}}`,
    objects: "- {path: k, key: db, property: k}",
  });
  await mount(store("{token: {bearerToken: {name: any, key: token}}}"), { secrets: '{"token":"canary-token"}' });
  const [bearer] = servers;
  assert.equal(bearer?.auth.kind === "token" && (await bearer.auth.token()), "canary-token");
  const tokens = JSON.stringify({ "": { token: "canary-own" }, vault: { token: "canary-vault" } });
  await mount({
    ...store("{serviceAccount: {name: app, audiences: [vault]}}"),
    "csi.storage.k8s.io/serviceAccount.tokens": tokens,
  });
  await mount(store("{serviceAccount: {name: app}}"), {
    secrets: JSON.stringify({ "csi.storage.k8s.io/serviceAccount.tokens": tokens }),
  });
  await mount(store("{serviceAccount: {name: admin}}"));
  const [, vault, own, admin] = servers.map(({ auth }) => (auth.kind === "token" ? auth.token : assert.fail()));
  assert.deepEqual([await vault?.(), await own?.()], ["canary-vault", "canary-own"]);
  await assert.rejects(
    (admin as () => Promise<string>)(),
    /^SourceError: service account admin: the pod is app, and has no other one's tokens$/,
  );
});

/** Parameters, and why they are refused. */
const faults: readonly (readonly [object, Partial<MountRequest>, string])[] = [
  [{}, {}, "parameters.store: needed"],
  [{ store: "canary: [" }, {}, "parameters.store: no YAML at line 1, column 10"],
  [{ store: "canary" }, {}, "parameters.store: expected a provider as in a SecretStore, such as {vault: {server: …}}"],
  [{ ...files, objects: "" }, {}, "parameters.objects: needed"],
  [
    { ...files, objects: "- {path: ../a, key: db}" },
    {},
    'parameters.objects[0].path "../a": expected a relative path without empty names, . and ..',
  ],
  [files, {}, "parameters.objects[0]: the store has no secret db"],
  [{ ...files, object: "x" }, {}, "parameters.object: not known; expected store, objects, roleArn, clientId, tenantId"],
  [files, { attributes: "canary" }, "attributes: expected a JSON object of texts"],
  [files, { attributes: "{}" }, "csi.storage.k8s.io/pod.namespace: needed; the driver tells it with podInfoOnMount"],
  [
    { ...files, "csi.storage.k8s.io/pod.namespace": "../shop" },
    {},
    "csi.storage.k8s.io/pod.namespace: needed; the driver tells it with podInfoOnMount",
  ],
  [files, { secrets: "canary" }, "secrets: expected a JSON object of texts"],
  [files, { permission: "rw" }, "permission: expected a mode, a decimal number from 0 to 511"],
  [
    { ...files, "csi.storage.k8s.io/pod.namespace": "other" },
    {},
    "spec.provider.file: there is no folder other in the one for stores, for the namespace",
  ],
  [
    {
      ...files,
      store: "aws: {service: SecretsManager, region: eu-west-1, auth: {jwt: {serviceAccountRef: {name: app}}}}",
    },
    {},
    "service account app has no annotation eks.amazonaws.com/role-arn",
  ],
  [
    {
      ...files,
      store: "vault: {server: 'https://127.0.0.1:1', path: kv, auth: {tokenSecretRef: {name: a, key: token}}}",
    },
    {},
    "the volume's nodePublishSecretRef has no key token",
  ],
  [
    {
      ...files,
      store:
        "vault: {server: 'https://127.0.0.1:1', path: kv, auth: {kubernetes: {role: r, serviceAccountRef: {name: app, audiences: [vault]}}}}",
    },
    {},
    "the driver gave no token for vault: its CSIDriver has tokenRequests for audiences",
  ],
];

for (const [parameters, more, fault] of faults)
  test(`a mount that cannot be is told in one line: ${fault}`, async (t) => {
    const { told, mount } = await bedFor(t);
    await assert.rejects(mount(parameters, more), { code: 9, details: fault });
    assert.ok(told.length === 1 && told[0]?.endsWith(`: ${fault}`));
  });

const driver = process.env["SALLYPORT_CSI_CLIENT"] ?? "";

test("the driver's own client writes the files, and renews them", {
  skip: driver === "" ? "no client of the Secrets Store CSI driver in SALLYPORT_CSI_CLIENT" : false,
}, async (t) => {
  const { folder } = await bedFor(t);
  const target = join(folder, "target");
  mkdirSync(target);
  const { attributes, secrets, permission } = requestOf(files);
  const ask = async (old: string) => {
    const child = spawn(driver, [folder, "sallyport", attributes, secrets, target, permission, old]);
    let out = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    const code = await new Promise((done) => child.on("close", done));
    return { code, out };
  };
  assert.match(
    (await ask("{}")).out,
    /^mount: GRPCProviderError .*parameters\.objects\[0\]: the store has no secret db/,
  );
  for (const password of ["canary", "canary-2"]) {
    writeFileSync(join(folder, "stores/shop/db"), JSON.stringify({ user: "ann", password }));
    const { code, out } = await ask('{"db":"old"}');
    assert.deepEqual([code, Object.keys(JSON.parse(out))], [0, ["db"]]);
    assert.equal(readFileSync(join(target, "password"), "utf8"), password);
    assert.equal(statSync(join(target, "password")).mode & 0o777, 0o400);
    assert.equal(readFileSync(join(target, "conf/url"), "utf8"), `ann:${password}`);
  }
});
