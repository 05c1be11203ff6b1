import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { nodeArguments } from "../../../../scripts/node-arguments.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-mesh-lines-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const shop = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { containers: [{ name: c, image: i, ports: [{ containerPort: 80 }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: old, namespace: tools }
spec: { containers: [{ name: c, image: i }] }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: MODE } }
`;
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const permissive = file("permissive.yaml", shop.replace("MODE", "PERMISSIVE"));
const strict = file("strict.yaml", shop.replace("MODE", "STRICT"));
const misspelt = file("misspelt.yaml", shop.replace("MODE", "strict"));
const odd = file("odd.yaml", shop.replace("MODE", "STRICT }, port: { a: b"));
const log = file("access.jsonl", "{}\n[]\n");

/** A command line, its status, and what stands on standard error, where that is what counts. */
const lines: readonly [string, number, RegExp?][] = [
  [`explain shop/web:80 -f ${strict}`, 0],
  [`can tools/old shop/web:80 -f ${permissive}`, 0],
  [`can tools/old shop/web:80 -f ${strict}`, 1],
  [`readiness -f ${permissive}`, 0],
  [`readiness -f ${permissive} --fail-on unknown`, 1],
  [`readiness -f ${permissive} --fail-on unknown --manifests`, 0],
  [`explain shop/web:80 -f ${odd}`, 0, /odd\.yaml:16: PeerAuthentication shop\/default: unknown field "spec\.port"/],
  [
    `explain shop/web:80 -f ${misspelt}`,
    2,
    /misspelt\.yaml:16: PeerAuthentication shop\/default: spec\.mtls\.mode: Unsupported value: "strict"/,
  ],
  [`explain shop/web -f ${strict}`, 2, /shop\/web: expected NAME:PORT/],
  [`explain shop/none:80 -f ${strict}`, 2, /shop\/none: no such workload in namespace shop/],
  [`can outside shop/web:80 --header x -f ${strict}`, 2, /--header x: expected NAME: VALUE/],
  [`readiness -f ${strict} --traffic ${log}`, 2, /access\.jsonl:2: expected a JSON object/],
  [`readiness -f ${strict} --fail-on sometimes`, 2, /argument 'sometimes' is invalid/],
  [`readiness -f ${join(folder, "none")}`, 2, /none: no such file/],
  [`explain shop/web:80 --kubeconfig ${join(folder, "none")}`, 2, /none/],
];

for (const [line, status, message] of lines) {
  test(`mesh ${line.replaceAll(`${folder}/`, "")}`, () => {
    const ran = spawnSync(process.execPath, [...nodeArguments, "mesh", ...line.split(" ")], { encoding: "utf8" });
    assert.equal(ran.status, status, ran.stderr);
    assert.doesNotMatch(ran.stderr, /\n\s+at /);
    if (message !== undefined) assert.match(ran.stderr, message);
    if (status === 2) assert.equal(ran.stdout, "");
  });
}
