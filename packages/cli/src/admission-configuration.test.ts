import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { chainOptions } from "./admission-configuration.ts";
import { InputError } from "./manifests.ts";

/** A kubeconfig of an image policy backend. */
const backend = JSON.stringify({
  clusters: [{ name: "c", cluster: { server: "https://images.example.com" } }],
  contexts: [{ name: "x", context: { cluster: "c" } }],
  "current-context": "x",
});

function read(plugins: string): ReturnType<typeof chainOptions> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-config-"));
  try {
    const file = join(folder, "admission.yaml");
    writeFileSync(join(folder, "backend"), backend);
    writeFileSync(file, `apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins: ${plugins}\n`);
    return chainOptions({ enableAdmissionPlugins: [], disableAdmissionPlugins: [], admissionControlConfigFile: file });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const podSecurity = (fields: string, version = "v1") =>
  `[{name: PodSecurity, configuration: {apiVersion: pod-security.admission.config.k8s.io/${version}, kind: PodSecurityConfiguration, ${fields}}}]`;

for (const version of ["v1", "v1beta1", "v1alpha1"])
  test(`PodSecurity's defaults and exemptions are read: ${version}`, () => {
    const fields = "defaults: {enforce: baseline, enforce-version: v1.30}, exemptions: {namespaces: [kube-system]}";
    const options = read(podSecurity(fields, version)).podSecurity;
    assert.deepEqual(options?.exemptions, { usernames: [], namespaces: ["kube-system"], runtimeClasses: [] });
    assert.deepEqual(options?.defaults, {
      enforce: { level: "baseline", version: 30 },
      audit: { level: "privileged", version: "latest" },
      warn: { level: "privileged", version: "latest" },
    });
  });

test("the other plugins' parts are read", () => {
  const options = read(
    "[{name: EventRateLimit, configuration: {limits: [{type: Server, qps: 10, burst: 20}]}}, {name: PodNodeSelector, configuration: {podNodeSelectorPluginConfig: {clusterDefaultNodeSelector: a=b}}}, {name: PodTolerationRestriction, configuration: {whitelist: [{key: k}]}}]",
  );
  assert.deepEqual(options.eventRateLimit, [{ type: "Server", qps: 10, burst: 20 }]);
  assert.deepEqual(options.podNodeSelector, { clusterDefaultNodeSelector: "a=b" });
  assert.deepEqual(options.podTolerationRestriction, { default: [], whitelist: [{ key: "k" }] });
});

test("ImagePolicyWebhook's times have their units, defaults and bounds", () => {
  const { imagePolicy } = read(
    "[{name: ImagePolicyWebhook, configuration: {imagePolicy: {kubeConfigFile: backend, allowTTL: 50, denyTTL: -1, defaultAllow: true}}}]",
  );
  const { ask: _, ...rest } = imagePolicy ?? {};
  assert.deepEqual(rest, { allowTtlMs: 50_000, denyTtlMs: 0, defaultAllow: true });
});

const faults: { readonly [what: string]: readonly [plugins: string, message: RegExp] } = {
  "levels that are none": [
    podSecurity("defaults: {enforce: x, audit-version: z}"),
    /PodSecurity: configuration error: \[enforce: must be one of privileged, baseline, restricted, audit-version: must be "latest" or "v1.x"\]/,
  ],
  "exemptions that are none": [
    podSecurity('exemptions: {runtimeClasses: [b, b], usernames: [""], namespaces: [a.b]}'),
    /PodSecurity: invalid: \[exemptions.namespaces\[0\]: Invalid value: "a.b": must not contain dots, exemptions.runtimeClasses\[1\]: Duplicate value: "b", exemptions.usernames\[0\]: Invalid value: "": username must not be empty\]/,
  ],
  "fields of PodSecurity that are none": [
    podSecurity("defaults: {enfroce: baseline}, default: {}"),
    /PodSecurity: strict decoding error: unknown field "default", unknown field "defaults.enfroce"/,
  ],
  "a version that PodSecurity never had": [
    podSecurity("defaults: {}", "v2"),
    /expected kind PodSecurityConfiguration of /,
  ],
  "no list of plugins": ["7", /admission\.yaml: plugins: expected a list/],
  "a plugin that is no object": ["[PodSecurity]", /plugins\[0\]: expected an object with a name/],
  "fields that are none": [
    "[{name: EventRateLimit, confguration: {}}]",
    /strict decoding error: unknown field "plugins\[0\].confguration"/,
  ],
  "fields of a part that are none": [
    "[{name: PodTolerationRestriction, configuration: {whitelists: []}}]",
    /PodTolerationRestriction: strict decoding error: unknown field "whitelists"/,
  ],
  "a part that is no object": ["[{name: ResourceQuota, configuration: 7}]", /ResourceQuota: expected an object/],
  "tolerations that are no list": [
    "[{name: PodTolerationRestriction, configuration: {default: 7}}]",
    /PodTolerationRestriction: default: expected a list/,
  ],
  "credentials of webhooks beside it": [
    "[{name: MutatingAdmissionWebhook, configuration: {apiVersion: apiserver.config.k8s.io/v1, kind: WebhookAdmissionConfiguration, kubeConfigFile: backend}}]",
    /kubeConfigFile: Invalid value: "backend": must be an absolute file path/,
  ],
  "an unknown plugin": ["[{name: Nope}]", /unknown plugin "Nope"/],
  "a plugin that takes none": ["[{name: LimitRanger}]", /LimitRanger takes no configuration; PodSecurity, /],
  "no limits": ["[{name: EventRateLimit}]", /limits: Invalid value: must not be empty/],
  "a limit of an unknown type": [
    "[{name: EventRateLimit, configuration: {limits: [{type: Cluster, qps: 1, burst: 1}]}}]",
    /limits\[0\]\.type: Invalid value: "Cluster": must be one of Server, Namespace/,
  ],
  "an image policy that is kept for too long": [
    "[{name: ImagePolicyWebhook, configuration: {imagePolicy: {kubeConfigFile: backend, allowTTL: 3600}}}]",
    /imagePolicy\.allowTTL: allow cache is 3600000 ms; expected 1000 to 1800000 ms/,
  ],
  "no backend of an image policy": ["[{name: ImagePolicyWebhook}]", /expected imagePolicy with a kubeConfigFile/],
  "no selectors": ["[{name: PodNodeSelector, configuration: {}}]", /expected the field podNodeSelectorPluginConfig/],
};

test("AdmissionConfiguration with a slip in its own fields is refused", () => {
  assert.throws(() => read("[]\npluginz: []"), /strict decoding error: unknown field "pluginz"/);
});

for (const [what, [plugins, message]] of Object.entries(faults)) {
  test(`AdmissionConfiguration with ${what} is refused`, () => {
    assert.throws(
      () => read(plugins),
      (error: unknown) => error instanceof InputError && message.test(error.message),
    );
  });
}
