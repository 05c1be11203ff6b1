import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { injectPod, type Pod } from "@sallyport/mesh";
import { builtFiles, meshRules, ownSidecars, proxyMachineImage } from "./own-mesh.ts";

const podOf = (annotations: { readonly [name: string]: string } = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", annotations },
  spec: { containers: [{ name: "app", image: "app:1" }] },
});

const injected = (annotations?: { readonly [name: string]: string }): Pod => {
  const injection = injectPod(podOf(annotations), ownSidecars);
  assert.equal(injection.outcome, "injected");
  return (injection as { readonly pod: Pod }).pod;
};

test("the node has rules for pods with sidecars, and for no others", () => {
  assert.match(meshRules(injected() as never) ?? "", /redirect to :15006.*meta skuid 1337 return.*redirect to :15001/s);
  assert.equal(meshRules(injected({ "sidecar.istio.io/interceptionMode": "NONE" }) as never), undefined);
  assert.equal(meshRules(podOf() as never), undefined);
  // An annotation alone makes no sidecar: nobody would take what is turned over.
  assert.equal(meshRules(podOf({ "sidecar.istio.io/status": "{}" }) as never), undefined);
});

test("nobody in a pod of the node gets rights for its rules", () => {
  const { spec } = injected();
  assert.deepEqual(
    spec.initContainers?.map(({ name }) => name),
    ["istio-proxy"],
  );
  assert.doesNotMatch(JSON.stringify(spec), /NET_ADMIN/);
});

test("the image of sidecars is this program, and shows nothing that lies beside it", () => {
  const { entrypoint, files } = proxyMachineImage();
  for (const path of [entrypoint[0] as string, entrypoint.at(-1) as string, ...files])
    assert.ok(existsSync(path), path);
  // The folder of a checkout may be the one that `up` keeps its data in.
  for (const path of files) assert.match(path, /\/(packages|node_modules|bin|dist|package\.json)\/?$/);
});

test("a built program is shown with the package that is not built into it, wherever npm has put that", () => {
  const own = (here: string) => ["bin", "dist", "package.json", "node_modules"].map((name) => `${here}/${name}`);
  const checkout = "/src/packages/cli";
  const packages = ["/src/node_modules/koffi", "/src/node_modules/@koromix"];
  assert.deepEqual(builtFiles(checkout), [...own(checkout), ...packages]);
  const hoisted = "/app/node_modules/sallyport";
  assert.deepEqual(builtFiles(hoisted), [...own(hoisted), "/app/node_modules"]);
});
