import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { chainOptions } from "./admission-configuration.ts";
import { InputError } from "./manifests.ts";

const flags = { enableAdmissionPlugins: ["AlwaysPullImages"], disableAdmissionPlugins: [] };

function read(pod: string, more: object = {}): ReturnType<typeof chainOptions> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-manifest-"));
  try {
    const file = join(folder, "kube-apiserver.yaml");
    writeFileSync(file, pod);
    return chainOptions({ ...flags, ...more, apiserverManifest: file });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const pod = (command: string) =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: kube-apiserver}\nspec: {containers: [{name: kube-apiserver, command: ${command}}]}\n`;

test("kube-apiserver's admission flags are taken from its manifest, beside those of the command line", () => {
  const options = read(
    pod(
      "[kube-apiserver, --enable-admission-plugins=A, '--enable-admission-plugins=NodeRestriction,PodNodeSelector', --disable-admission-plugins, Priority, --etcd-servers=x]",
    ),
  );
  assert.deepEqual(options, {
    enable: ["NodeRestriction", "PodNodeSelector", "AlwaysPullImages"],
    disable: ["Priority"],
  });
});

const faults: { readonly [what: string]: readonly [pod: string, message: RegExp] } = {
  "a configuration that is not here": [
    pod("[kube-apiserver, --admission-control-config-file=/no/such.yaml]"),
    /names --admission-control-config-file=\/no\/such.yaml, which is not on this machine; give it by that flag here/,
  ],
  "another pod": [
    "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: etcd, command: [etcd]}]}\n",
    /expected a Pod with a container kube-apiserver/,
  ],
  "no pod": ["apiVersion: v1\nkind: Service\nmetadata: {name: x}\n", /expected a Pod with a container kube-apiserver/],
};

for (const [what, [text, message]] of Object.entries(faults))
  test(`a manifest with ${what} is refused`, () => {
    assert.throws(
      () => read(text),
      (error: unknown) => error instanceof InputError && message.test(error.message),
    );
  });
