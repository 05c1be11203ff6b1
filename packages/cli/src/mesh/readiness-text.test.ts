import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { meshView, readinessOf } from "@sallyport/mesh";
import { parseManifests } from "../manifests.ts";
import { readinessJson, readinessText, rolloutManifests } from "./readiness-text.ts";
import { trafficOfFiles } from "./traffic-file.ts";
import { objectsOfManifests } from "./view-files.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-readiness-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const text = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { containers: [{ name: c, image: i, ports: [{ containerPort: 8080 }, { containerPort: 9090 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: web, namespace: shop }
spec: { host: web, trafficPolicy: { tls: { mode: DISABLE } } }
`;
const told = readinessOf(meshView(objectsOfManifests(parseManifests("a.yaml", text), "default")));

test("readiness, as text: who, why, what would be better, the least exception, the order", () => {
  assert.equal(
    readinessText(told, false),
    `2 ports under STRICT: 1 certain to break, 0 likely to break, 0 unknown, 1 safe

certain  Pod shop/web, port 8080 (http), now PERMISSIVE  a.yaml:6
  certain: clients of the mesh in shop: DestinationRule shop/web has them call web.shop.svc.cluster.local:80
  with TLS mode DISABLE (a.yaml:16)
      better: say ISTIO_MUTUAL in DestinationRule shop/web, or nothing of TLS
  least exception: PeerAuthentication shop/web-exceptions keeps port 8080 PERMISSIVE (tried, and the calls go)

and 1 safe: --all tells of them

in this order (--manifests prints it):
  1. shop: certain
     the exceptions web-exceptions
     STRICT: PeerAuthentication shop/default
  2. all of the mesh: certain
     STRICT: PeerAuthentication istio-system/default
`,
  );
  assert.match(readinessText(told, true), /^safe {5}Pod shop\/web, port 9090 \(auto\), now PERMISSIVE/m);
});

test("readiness, as JSON and as manifests, tells the same", () => {
  const json = JSON.parse(JSON.stringify(readinessJson(told)));
  assert.deepEqual(json.counts, { certain: 1, likely: 0, unknown: 0, safe: 1 });
  const manifests = parseManifests("out.yaml", rolloutManifests(told.rollout)).map(({ value }) => value);
  assert.deepEqual(manifests, [
    json.exceptions[0].policy,
    ...json.rollout.map(({ policy }: { policy: object }) => policy),
  ]);
});

test("access logs are read of files, and what is none is told by file and line", () => {
  const line = { direction: "inbound", source: { ip: "a" }, destination: { ip: "b", port: 1 }, tls: "mutual" };
  const good = join(folder, "good.jsonl");
  const bad = join(folder, "bad.jsonl");
  writeFileSync(good, `${JSON.stringify(line)}\n`);
  writeFileSync(bad, `${JSON.stringify(line)}\n{\n`);
  assert.equal(trafficOfFiles([good, good]).observed.length, 2);
  assert.throws(() => trafficOfFiles([bad]), {
    name: "InputError",
    message: `${bad}:2: expected a JSON object, as sidecars log connections`,
  });
  assert.throws(() => trafficOfFiles([join(folder, "none")]), { name: "InputError", message: /none: no such file/ });
});
