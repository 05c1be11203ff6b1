import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, kubeconfigConnection } from "@sallyport/cluster";
import { followConfig, type WorkloadConfig } from "@sallyport/mesh/control";
import { openGatehouse } from "../gatehouse.ts";
import { runControl } from "./run-control.ts";
import { defaultSidecars } from "./sidecar-flags.ts";

test("a sidecar hears what is its pod's by the pod's token, and each policy as it comes", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-control-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const shared = { folder, host: "127.0.0.1", port: 0, memory: true, chain: {} };
  const gatehouse = await openGatehouse({ ...shared, sidecars: defaultSidecars(), onFault: () => {} });
  const client = new Client(kubeconfigConnection(gatehouse.kubeconfigFile, { environment: {}, now: Date.now }));
  const said: string[] = [];
  const control = await runControl(
    {
      kubeconfig: gatehouse.kubeconfigFile,
      folder: join(folder, "mesh"),
      trustDomain: "cluster.local",
      listen: "127.0.0.1:0",
      dnsNames: "localhost",
      audience: "istio-ca",
    },
    (text) => said.push(text),
  );
  t.after(async () => {
    await control.close();
    client.close();
    await gatehouse.close();
  });
  const post = (path: string, body: object) => client.ask(path, { method: "POST", body });
  const home = "/api/v1/namespaces/default";
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web" },
    spec: { containers: [{ name: "a", image: "b" }] },
  };
  const { metadata } = (await post(`${home}/pods`, pod)) as { readonly metadata: { readonly uid: string } };
  await client.ask(`${home}/pods/web/status`, {
    method: "PATCH",
    type: "application/merge-patch+json",
    body: { status: { phase: "Running", podIP: "10.1.2.3", podIPs: [{ ip: "10.1.2.3" }] } },
  });
  const tokenFor = async (audience: string) => {
    const boundObjectRef = { apiVersion: "v1", kind: "Pod", name: "web", uid: metadata.uid };
    const spec = { audiences: [audience], boundObjectRef };
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
    const answer = await post(`${home}/serviceaccounts/default/token`, body);
    return (answer as { readonly status: { readonly token: string } }).status.token;
  };
  const heard: (WorkloadConfig | string)[] = [];
  const listen = (token: string) => {
    const follow = followConfig({
      host: "localhost",
      port: control.port,
      roots: () => readFileSync(join(folder, "mesh", "root-cert.pem"), "utf8"),
      token: () => token,
      random: () => 0,
      onConfig: (config) => heard.push(config),
      say: (text) => heard.push(text),
    });
    t.after(() => follow.close());
  };
  const next = async () => {
    while (heard.length === 0) await new Promise((done) => setTimeout(done, 20));
    return heard.shift() as WorkloadConfig;
  };
  listen(await tokenFor("istio-ca"));
  const first = await next();
  assert.deepEqual(
    [first.workload.name, first.workload.serviceAccount, first.inbound.mode],
    ["web", "default", "PERMISSIVE"],
  );
  await post("/apis/security.istio.io/v1/namespaces/default/peerauthentications", {
    apiVersion: "security.istio.io/v1",
    kind: "PeerAuthentication",
    metadata: { name: "default" },
    spec: { mtls: { mode: "STRICT" } },
  });
  assert.equal((await next()).inbound.mode, "STRICT");
  listen(await tokenFor("somebody-else"));
  assert.match(String(await next()), /answers 401: the token was refused/);
  assert.ok(said.some((text) => /token|audience/.test(text)));
});
