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

test("PodSecurity's defaults and exemptions are read", () => {
  const { podSecurity } = read(
    "[{name: PodSecurity, configuration: {defaults: {enforce: baseline, enforce-version: v1.30}, exemptions: {namespaces: [kube-system]}}}]",
  );
  assert.deepEqual(podSecurity?.exemptions, { usernames: [], namespaces: ["kube-system"], runtimeClasses: [] });
  assert.deepEqual(podSecurity?.defaults?.enforce, { level: "baseline", version: 30 });
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
  "a level that is none": [
    "[{name: PodSecurity, configuration: {defaults: {warn: strict}}}]",
    /defaults\.warn: "strict" must be one of privileged, baseline, restricted/,
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

for (const [what, [plugins, message]] of Object.entries(faults)) {
  test(`AdmissionConfiguration with ${what} is refused`, () => {
    assert.throws(
      () => read(plugins),
      (error: unknown) => error instanceof InputError && message.test(error.message),
    );
  });
}
