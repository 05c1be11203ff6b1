import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { InputError, parseManifests } from "../../manifests.ts";
import { renderExternalSecrets } from "./render.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-render-"));
after(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, "shop"));
writeFileSync(join(folder, "shop", "db"), '{"user":"ann","password":"canary"}');

async function render(text: string) {
  const options = { namespace: "shop", fileRoot: folder, timeoutMs: 1_000, environment: {} };
  const secrets = await renderExternalSecrets(parseManifests("a.yaml", text), options);
  return secrets.map(({ metadata: { name, namespace }, data = {} }) => [
    `${namespace}/${name}`,
    Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()])),
  ]);
}

const store =
  "{apiVersion: external-secrets.io/v1, kind: SecretStore, metadata: {name: main}, spec: {provider: {file: {folder: .}}}}";
const external = (spec: string, version = "v1") =>
  `{apiVersion: external-secrets.io/${version}, kind: ExternalSecret, metadata: {name: es}, spec: {secretStoreRef: {name: main}, ${spec}}}`;
const extract = "dataFrom: [{extract: {key: db}}]";

test("ExternalSecrets come to Secrets by the stores beside them, of both versions", async () => {
  for (const version of ["v1", "v1beta1"])
    assert.deepEqual(await render(`${store}\n---\n${external(extract, version)}`), [
      ["shop/es", { user: "ann", password: "canary" }],
    ]);
  const made = `${extract}, target: {name: made, template: {data: {url: "{{ .user }}:{{ .password }}@db"}}}`;
  assert.deepEqual(await render(`${store}\n---\n${external(made)}`), [["shop/made", { url: "ann:canary@db" }]]);
});

test("templates and credentials are those that are written beside it", async () => {
  const forms = "{apiVersion: v1, kind: ConfigMap, metadata: {name: forms}, data: {url: '{{ .user }}@db'}}";
  const spec = `${extract}, target: {template: {templateFrom: [{configMap: {name: forms, items: [{key: url}]}}]}}`;
  assert.deepEqual(await render(`${store}\n---\n${forms}\n---\n${external(spec)}`), [["shop/es", { url: "ann@db" }]]);
});

const faults: readonly (readonly [string, string])[] = [
  ["{apiVersion: v1, kind: Secret, metadata: {name: a}}", "no ExternalSecret among the manifests"],
  [external(extract), "a.yaml:1: ExternalSecret es: spec.dataFrom[0]: there is no SecretStore main"],
  [external("more: x"), "a.yaml:1: unknown field spec.more"],
  [
    external("refreshPolicy: Never"),
    'a.yaml:1: spec.refreshPolicy: Unsupported value: "Never": supported values: "CreatedOnce", "Periodic", "OnChange"',
  ],
  [
    external("data: {}"),
    'a.yaml:1: spec.data: Invalid value: "object": spec.data in body must be of type array: "object"',
  ],
  [
    "{apiVersion: external-secrets.io/v1, kind: PushSecret, metadata: {name: a}}",
    "a.yaml:1: external-secrets.io/v1 PushSecret: expected ExternalSecret, SecretStore or ClusterSecretStore of v1",
  ],
  ["{apiVersion: external-secrets.io/v1, kind: ExternalSecret}", "a.yaml:1: the ExternalSecret has no metadata.name"],
  [
    `${store}\n---\n${external("data: [{secretKey: a, remoteRef: {key: db, property: canary}}]").replace("canary", "more")}`,
    "a.yaml:3: ExternalSecret es: spec.data[0]: the secret has no property more",
  ],
];

for (const [text, fault] of faults)
  test(`what cannot be rendered is told by its line: ${fault}`, async () => {
    await assert.rejects(render(text), new InputError(fault));
  });
