import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Client, type Connection } from "@sallyport/cluster";
import { externalSecretsDefinitions } from "@sallyport/secrets/stores";
import { canaries, formsOf, seenIn } from "./canaries.fixture.ts";
import { Bed, base64, encryption, startServer } from "./canary-bed.fixture.ts";
import { runExternalSecrets } from "./external/run-external-secrets.ts";
import { openKmsPlugin } from "./kms-plugin.ts";

/** A policy whose author shows what it was asked about, in its message and to the log. */
const quotingRego = `package kubernetes.admission
import rego.v1
deny contains msg if {
  input.request.name == "quoted"
  print("asked about", input.request.object)
  trace(sprintf("%v", [input.request.object]))
  msg := sprintf("%v is bad: %v", [input.request.object.data, base64.decode(input.request.object.data.k)])
}
`;

const quotingPolicy = {
  metadata: { name: "quoting", labels: { "openpolicyagent.org/policy": "rego" } },
  data: { "quoting.rego": quotingRego },
};

/** What clients do, right and wrong; refusals are told as they came. */
async function useServer(bed: Bed, connection: Connection): Promise<void> {
  const admin = new Client(connection);
  const { cert: _, key: _key, ...anonymous } = connection;
  const as = (token: string) => new Client({ ...anonymous, token: () => token });
  const [jane, nobody] = [as(canaries.userToken), as(canaries.wrongToken)];
  const home = "/api/v1/namespaces/default/secrets";
  const secret = (name: string, fields: object) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name },
    ...fields,
  });
  const post = (client: Client, body: object) => client.ask(home, { method: "POST", body });
  const merge = { method: "PATCH", type: "application/merge-patch+json" };
  const good = { data: { k: base64(canaries.secretData) }, stringData: { s: canaries.secretString } };
  const bad = canaries.badSecret;
  await post(admin, secret("good", good));
  await admin.ask("/api/v1/namespaces", { method: "POST", body: { metadata: { name: "opa" } } });
  await admin.ask("/api/v1/namespaces/opa/configmaps", { method: "POST", body: quotingPolicy });
  await bed.until("the policy", async () => {
    const { metadata } = (await admin.ask("/api/v1/namespaces/opa/configmaps/quoting")) as {
      metadata: { annotations?: object };
    };
    return JSON.stringify(metadata.annotations ?? {}).includes("ok") ? true : undefined;
  });
  const refused: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["no base64", () => post(admin, secret("a", { data: { k: `${bad}!` } }))],
    ["no map", () => post(admin, secret("a", { data: [bad] }))],
    ["no text", () => post(admin, secret("a", { stringData: { k: { [bad]: bad } } }))],
    ["no key", () => post(admin, secret("a", { stringData: { "a key": bad } }))],
    [
      "no docker configuration",
      () =>
        post(admin, secret("a", { type: "kubernetes.io/dockerconfigjson", stringData: { ".dockerconfigjson": bad } })),
    ],
    ["no certificate", () => post(admin, secret("a", { type: "kubernetes.io/tls", stringData: { "tls.key": bad } }))],
    [
      "a conflict",
      () =>
        admin.ask(`${home}/good`, {
          method: "PUT",
          body: secret("good", { data: { k: base64(bad) }, metadata: { name: "good", resourceVersion: "1" } }),
        }),
    ],
    [
      "a patch that is none",
      () =>
        admin.ask(`${home}/good`, {
          ...merge,
          type: "application/json-patch+json",
          body: [{ op: "test", path: "/data/k", value: bad }],
        }),
    ],
    [
      "an immutable one",
      async () => {
        await admin.ask(`${home}/good`, {
          ...merge,
          body: { stringData: { k: canaries.patchedSecret }, immutable: true },
        });
        await admin.ask(`${home}/good`, { ...merge, body: { data: { k: base64(bad) } } });
      },
    ],
    ["what a policy quotes", () => post(admin, secret("quoted", good))],
    ["no rights", () => post(jane, secret("a", { stringData: { k: bad } }))],
    ["a token that is none", () => nobody.ask(home)],
    [
      "a secret of a bad account",
      () => admin.ask("/api/v1/namespaces/default/serviceaccounts/none/token", { method: "POST", body: { spec: {} } }),
    ],
  ];
  for (const [what, ask] of refused)
    bed.tell(
      "refusals",
      await ask().then(
        () => assert.fail(`${what} was taken`),
        (error: Error) => `${what}: ${error.message} ${JSON.stringify((error as { status?: object }).status)}\n`,
      ),
    );
  const { items } = await admin.page("/api/v1/events", {});
  bed.tell("events", JSON.stringify(items));
  for (const path of ["/metrics", "/readyz?verbose"]) bed.tell("doors", await textAt(admin, path));
  for (const client of [admin, jane, nobody]) client.close();
}

async function textAt(client: Client, path: string): Promise<string> {
  // An answer that is no JSON rejects with nothing of it.
  let text = "";
  try {
    for await (const line of client.lines(path, {}, AbortSignal.timeout(5_000))) text += `${line}\n`;
  } catch (error) {
    text += (error as Error).message;
  }
  return text;
}

/** ExternalSecrets that succeed and that fail in each of their parts. */
async function syncStores(bed: Bed, connection: Connection, t: TestContext): Promise<void> {
  const client = new Client(connection);
  const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  for (const body of externalSecretsDefinitions) await client.ask(definitions, { method: "POST", body });
  const root = "/apis/external-secrets.io/v1/namespaces/default";
  await bed.until("the kinds", () =>
    client.ask(`${root}/externalsecrets`).then(
      () => true,
      () => undefined,
    ),
  );
  bed.file("stores/default/db", canaries.storeValue);
  bed.file("stores/default/json", JSON.stringify({ a: canaries.storeValue }));
  const store = (name: string, provider: object) =>
    client.ask(`${root}/secretstores`, {
      method: "POST",
      body: { apiVersion: "external-secrets.io/v1", kind: "SecretStore", metadata: { name }, spec: { provider } },
    });
  const external = (name: string, storeName: string, spec: object) =>
    client.ask(`${root}/externalsecrets`, {
      method: "POST",
      body: {
        apiVersion: "external-secrets.io/v1",
        kind: "ExternalSecret",
        metadata: { name },
        spec: { secretStoreRef: { name: storeName }, ...spec },
      },
    });
  await client.ask("/api/v1/namespaces/default/secrets", {
    method: "POST",
    body: { metadata: { name: "token" }, stringData: { token: canaries.storeToken, bad: `${canaries.storeToken}\nx` } },
  });
  await store("files", { file: { folder: "." } });
  await store("vault", {
    vault: { server: "http://127.0.0.1:1", path: "kv", auth: { tokenSecretRef: { name: "token", key: "token" } } },
  });
  await store("header", {
    vault: { server: "http://127.0.0.1:1", path: "kv", auth: { tokenSecretRef: { name: "token", key: "bad" } } },
  });
  await store("address", {
    vault: {
      server: `https://user:${canaries.vaultUrl}@vault`,
      path: "kv",
      auth: { tokenSecretRef: { name: "token" } },
    },
  });
  await store("ca", {
    vault: {
      server: "https://vault",
      path: "kv",
      caBundle: base64(canaries.storeToken),
      auth: { tokenSecretRef: { name: "token" } },
    },
  });
  const db = { secretKey: "k", remoteRef: { key: "db" } };
  const of = (remoteRef: object) => ({ data: [{ secretKey: "k", remoteRef: { key: "db", ...remoteRef } }] });
  const failing: { readonly [name: string]: readonly [string, object] } = {
    property: ["files", of({ property: "p" })],
    decoding: ["files", of({ decodingStrategy: "Base64" })],
    extract: ["files", { dataFrom: [{ extract: { key: "db" } }] }],
    template: [
      "files",
      { data: [db], target: { template: { data: { t: `${canaries.templateText}{{ .k | fromJson }}` } } } },
    ],
    "template-key": ["files", { data: [db], target: { template: { data: { t: "{{ .k.x }}" } } } }],
    range: ["files", { data: [db], target: { template: { data: { t: "{{ range .k }}{{ end }}" } } } }],
    keys: [
      "files",
      { dataFrom: [{ extract: { key: "json" }, rewrite: [{ transform: { template: "{{ .value }} {{ .value }}" } }] }] },
    ],
    docker: [
      "files",
      {
        data: [{ ...db, secretKey: ".dockerconfigjson" }],
        target: { template: { type: "kubernetes.io/dockerconfigjson" } },
      },
    ],
    vault: ["vault", { data: [db] }],
    header: ["header", { data: [db] }],
    address: ["address", { data: [db] }],
    ca: ["ca", { data: [db] }],
  };
  await external("works", "files", { data: [db] });
  for (const [name, [storeName, spec]] of Object.entries(failing)) await external(name, storeName, spec);
  const running = await runExternalSecrets({
    connection,
    controllerClass: "default",
    fileRoot: join(bed.folder, "stores"),
    lendsOwn: false,
    timeoutMs: 2_000,
    say: (text) => bed.tell("sync", `${text}\n`),
  });
  t.after(() => running.close());
  const all = Object.keys(failing).length + 1;
  const objects = await bed.until("all conditions", async () => {
    const { items } = await client.page(`${root}/externalsecrets`, {});
    const done = items.filter((each) => JSON.stringify(each["status"] ?? {}).includes("Ready"));
    return done.length === all ? items : undefined;
  });
  // The template's text stands in the specification, and nowhere else.
  bed.tell("statuses", objects.map(({ metadata, status }) => `${metadata.name}: ${JSON.stringify(status)}\n`).join(""));
  const failed = objects.filter(({ status }) => JSON.stringify(status).includes("SecretSyncedError"));
  assert.equal(failed.length, all - 1, bed.told.get("statuses"));
  bed.tell(
    "statuses",
    JSON.stringify((await client.page(`${root}/secretstores`, {})).items.map(({ status }) => status)),
  );
  await running.close();
  bed.tell("events", JSON.stringify((await client.page("/api/v1/events", {})).items));
  client.close();
}

const manifests = `
apiVersion: v1
kind: Secret
metadata: {name: a, namespace: default}
data: {k: ${base64(canaries.secretData)}}
stringData: {s: ${canaries.secretString}}
---
apiVersion: v1
kind: Secret
metadata: {name: bad, namespace: default}
data: {k: "${canaries.badSecret}!"}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: default}
spec:
  containers:
    - {name: c, image: i, securityContext: {privileged: true}, env: [{name: DB_PASSWORD, value: ${canaries.envValue}}]}
`;

/** Command lines over manifests, rings, stores and files, right ones and wrong ones. */
function commandLines(bed: Bed): readonly (readonly string[])[] {
  const data = join(bed.folder, "data");
  const yaml = bed.file("manifests.yaml", manifests);
  const policy = bed.file("quoting.rego", quotingRego);
  const quoted = bed.file(
    "quoted.json",
    JSON.stringify({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "quoted" },
      data: { k: base64(canaries.secretData) },
    }),
  );
  const pass = bed.file("passphrase", `${canaries.passphrase}\n`);
  const wrong = bed.file("wrong-passphrase", `${canaries.wrongPassphrase}\n`);
  const config = join(bed.folder, "encryption.json");
  const wrongKey = bed.file("wrong.json", encryption(canaries.wrongEncryptionKey));
  const noKey = bed.file(
    "none.json",
    encryption(canaries.wrongEncryptionKey).replace(/"secret":"[^"]*"/, `"secret":"${canaries.wrongEncryptionKey}"`),
  );
  const broken = bed.file("broken.json", encryption(canaries.wrongEncryptionKey).slice(0, -5));
  const ring = ["--key-ring", join(bed.folder, "ring.json")];
  const rotated = bed.file("rotated.json", encryption(canaries.wrongEncryptionKey, canaries.encryptionKey));
  const kubeconfigWith = (token: string) =>
    `{apiVersion: v1, kind: Config, current-context: a, contexts: [{name: a, context: {cluster: a, user: a}}],
  clusters: [{name: a, cluster: {server: "https://127.0.0.1:1"}}], users: [{name: a, user: {token: ${token}}}]}`;
  const kubeconfig = bed.file("kubeconfig", kubeconfigWith(canaries.userToken));
  const brokenKubeconfig = bed.file("broken-kubeconfig", kubeconfigWith(`${canaries.userToken}: [`));
  const wrongKubeconfig = bed.file("wrong-kubeconfig", kubeconfigWith(`[${canaries.userToken}]`));
  const es = (provider: string, spec: string) =>
    `{apiVersion: external-secrets.io/v1, kind: SecretStore, metadata: {name: m}, spec: {provider: ${provider}}}
---
{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: e}, spec: {secretStoreRef: {name: m}, ${spec}}}`;
  const fake = `{fake: {data: [{key: a, value: ${canaries.fakeStore}}]}}`;
  const render = (name: string, text: string) => ["secrets", "render", bed.file(name, text)];
  const inject = (name: string, text: string) => [
    ...["secrets", "inject", "--once", "--folder", bed.folder, "--config", bed.file(name, text)],
  ];
  const sealed = JSON.stringify({
    apiVersion: "bitnami.com/v1alpha1",
    kind: "SealedSecret",
    metadata: { name: "a", namespace: "b" },
    spec: { encryptedData: { k: base64(canaries.sealedValue) } },
  });
  return [
    ["check", "-v", "--no-fail", yaml],
    ...[[], ["-v"], ["--json"]].map((more) => ["check", "--no-fail", ...more, "--policy", policy, quoted]),
    ["check", "--json", yaml],
    ["secrets", "scan", yaml],
    ["secrets", "scan", "-o", "sarif", yaml],
    ["secrets", "who-can", "secret/a", "-n", "default", yaml],
    ["secrets", "suggest", join(bed.folder, "audit.log")],
    ["secrets", "seal", "--cert", bed.file("cert.pem", canaries.sealedValue), yaml],
    ["secrets", "seal", "--sops", "--age", canaries.ageKey, yaml],
    ["secrets", "open", "--key", bed.file("key.pem", canaries.sealedValue), bed.file("sealed.json", sealed)],
    [
      "secrets",
      "open",
      bed.file(
        "a.enc.yaml",
        `k: ENC[AES256_GCM,data:${base64(canaries.sealedValue)}]\nsops: {mac: ${canaries.sealedValue}}\n`,
      ),
    ],
    ["secrets", "status", "--data", data, "--encryption-provider-config", config],
    ["secrets", "verify", "--data", data, "--encryption-provider-config", config],
    ["secrets", "verify", "--data", data, "--encryption-provider-config", wrongKey],
    ["secrets", "rotate", "--data", data, "--encryption-provider-config", wrongKey],
    ["secrets", "status", "--audit", config],
    ["secrets", "status", "--audit", noKey],
    ["secrets", "status", "--audit", broken],
    ["up", "--memory", "--port", "0", "--data", join(bed.folder, "other"), "--encryption-provider-config", noKey],
    [
      "up",
      "--memory",
      "--port",
      "0",
      "--data",
      join(bed.folder, "other"),
      "--token-auth-file",
      bed.file("bad.csv", `${canaries.userToken}\n`),
    ],
    ["secrets", "status", "--objects", "--data", data, "--encryption-provider-config", config],
    ["secrets", "rotate", "--data", data, "--encryption-provider-config", rotated],
    ["secrets", "rotate", "--json", "--yes", "--data", data, "--encryption-provider-config", rotated],
    ["secrets", "who-can", "secret/a", "-n", "default", "-o", "json", yaml],
    ["secrets", "who-can", "secret/a", "-n", "default", "-o", "svg", yaml],
    ...["json", "table", "github", "baseline"].map((output) => [
      "secrets",
      "scan",
      "--include-secrets",
      "-o",
      output,
      yaml,
    ]),
    ...["sarif", "junit", "github", "azuredevops", "tap", "table"].map((output) => [
      "check",
      "--no-fail",
      "-o",
      output,
      yaml,
    ]),
    ["securitycontext", yaml],
    ["backup", "--data", data, join(bed.folder, "backup")],
    ["restore", "--data", join(bed.folder, "restored"), bed.file("broken-backup", `{"k": ${canaries.secretData}\n`)],
    ...[kubeconfig, brokenKubeconfig, wrongKubeconfig].flatMap((file) => [
      ["secrets", "who-can", "secret/a", "--kubeconfig", file],
      ["secrets", "suggest", "--kubeconfig", file, join(bed.folder, "audit.log")],
      ["audit", "--kubeconfig", file],
    ]),
    ["install", "--tls-secret", "a", "--ca-file", bed.file("ca.pem", canaries.sealedValue)],
    ["kms-plugin", "keys", "add", ...ring, "--passphrase-file", pass],
    ["kms-plugin", "keys", "list", ...ring, "--passphrase-file", pass],
    ["kms-plugin", "keys", "list", ...ring, "--passphrase-file", wrong],
    ["kms-plugin", "keys", "list", "--key-ring", wrong, "--passphrase-file", wrong],
    ...["use", "retire", "restore", "remove"].map((act) => [
      "kms-plugin",
      "keys",
      act,
      "none",
      ...ring,
      "--passphrase-file",
      pass,
    ]),
    ["kms-plugin", "--config", bed.file("plugin.yaml", `{keyRing: {file: ${canaries.passphrase}: [`)],
    ["kms-plugin", "--listen", `unix://${bed.folder}/none/k.sock`, ...ring, "--passphrase-file", wrong],
    render("bad-es.yaml", es(fake, "data: [{secretKey: k, remoteRef: {key: a, property: x}}]")),
    render(
      "bad-template.yaml",
      es(fake, `dataFrom: [{find: {}}], target: {template: {data: {t: "${canaries.templateText} {{ .a.b }}"}}}`),
    ),
    render("bad-type.yaml", es(fake, `data: "${canaries.templateText}"`)),
    render("bad-yaml.yaml", `{a: ${canaries.templateText}: [`),
    [...render("good-es.yaml", es(fake, "data: [{secretKey: k, remoteRef: {key: a}}]")), "--masked"],
    inject("bad-inject.yaml", `{store: ${fake}, files: [{path: a, key: a, property: x}]}`),
    inject("no-inject.yaml", `{store: ${fake}, files: [{path: a, key: a, mode: ${canaries.templateText}}]}`),
    inject("no-yaml.yaml", `{store: ${canaries.fakeStore}: [`),
  ];
}

/** A plugin with a ring, asked right and wrong. */
async function usePlugin(bed: Bed): Promise<void> {
  const listen = `unix://${bed.folder}/kms.sock`;
  const values = { file: join(bed.folder, "ring.json"), passphraseFile: join(bed.folder, "passphrase") };
  const say = (text: string) => bed.tell("kms-plugin", `${text}\n`);
  const configuration = {
    listen,
    http: { host: "127.0.0.1", port: 0 },
    timeoutMs: 2_000,
    kind: "keyRing",
    values,
  } as const;
  const plugin = await openKmsPlugin(configuration as Parameters<typeof openKmsPlugin>[0], say);
  const server = JSON.stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [{ resources: ["secrets"], providers: [{ kms: { apiVersion: "v2", name: "ours", endpoint: listen } }] }],
  });
  const file = bed.file("kms.json", server);
  await bed.lines("status under kms", [
    ["secrets", "status", "--data", join(bed.folder, "data"), "--encryption-provider-config", file],
  ]);
  for (const path of ["metrics", "healthz"])
    bed.tell("kms-plugin", await (await fetch(`${plugin.httpUrl}/${path}`)).text());
  await plugin.close();
}

/** Everything below a folder, whatever it is. */
function filesBelow(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
}

test("a canary is found in each of its forms", () => {
  const text = canaries.secretData;
  for (const before of ["", "x", "xy", "xyz"])
    assert.deepEqual(seenIn(`a ${base64(`${before}${text}${before}`)} b`), ["secretData"]);
  for (const form of formsOf(text)) assert.deepEqual(seenIn(form), ["secretData"]);
  assert.deepEqual(seenIn(createHash("sha256").update(text).digest("hex")), []);
});

test("no value of a secret is seen in any output, log, event, status, metric or refusal, nor in a store that seals", async (t) => {
  const bed = new Bed(t);
  const { connection, child } = await startServer(bed);
  await useServer(bed, connection);
  await syncStores(bed, connection, t);
  // It ends as a crash would end it: what is found then is what a crash leaves.
  child.kill("SIGKILL");
  await new Promise((done) => child.once("close", done));
  await bed.lines("commands", commandLines(bed));
  await usePlugin(bed);
  bed.tell("audit log", readFileSync(join(bed.folder, "audit.log"), "utf8"));
  bed.tell("ring", readFileSync(join(bed.folder, "ring.json"), "utf8"));
  for (const path of filesBelow(join(bed.folder, "data", "store"))) bed.tell("store", readFileSync(path, "latin1"));
  for (const [who, text] of bed.told) {
    const shown = who === "store" ? "" : `: ${lineWith(text)}`;
    const seen = seenIn(text).filter((name) => !(allowed[who] ?? []).includes(name));
    assert.deepEqual(seen, [], `${who} shows ${seen.join(", ")}${shown}`);
  }
  // Those of which nothing was told would have shown nothing.
  for (const who of [
    "up",
    "refusals",
    "events",
    "doors",
    "sync",
    "statuses",
    "commands",
    "kms-plugin",
    "audit log",
    "ring",
    "store",
  ])
    assert.ok((bed.told.get(who) ?? "").length > 0, `${who} told nothing`);
});

/** What stands in specifications that are no Secrets, and is stored and audited as they are. */
const allowed: { readonly [who: string]: readonly string[] } = {
  "audit log": ["templateText", "vaultUrl", "storeToken"],
  // A pod's variables are no Secret; `secrets scan` finds them.
  commands: ["envValue"],
  store: ["templateText", "vaultUrl", "storeToken"],
};

/** The lines that show something, each behind the command that told it. */
function lineWith(text: string): string {
  const lines = text.split("\n");
  const shown = lines.flatMap((line, i) => {
    if (seenIn(line).length === 0) return [];
    const command = lines.slice(0, i).findLast((each) => each.startsWith("$ ")) ?? "";
    return [`${command}: ${line.slice(0, 300)}`];
  });
  return shown.slice(0, 20).join("\n");
}
