import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, kubeconfigConnection } from "@sallyport/cluster";
import type { Pod, SidecarSettings } from "@sallyport/mesh";
import { openGatehouse } from "../gatehouse.ts";

const sidecars: SidecarSettings = {
  image: "proxy:1",
  revision: "default",
  trustDomain: "cluster.local",
  caAddress: "ca:15012",
  controlAddress: "control:15010",
  tokenAudience: "istio-ca",
  rules: "init",
  nativeSidecar: true,
};

/** Answers the object that was created, or why it was not. */
type Create = (path: string, object: object) => Promise<object | string>;

async function withMesh(run: (create: Create, client: Client) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-mesh-"));
  const faults: unknown[] = [];
  const gatehouse = await openGatehouse({
    folder,
    host: "127.0.0.1",
    port: 0,
    memory: true,
    chain: {},
    sidecars,
    onFault: (error) => faults.push(error),
  });
  const client = new Client(kubeconfigConnection(gatehouse.kubeconfigFile, { environment: {}, now: Date.now }));
  try {
    await run(async (path, body) => {
      try {
        return (await client.ask(path, { method: "POST", body })) as object;
      } catch (error) {
        return (error as Error).message;
      }
    }, client);
  } finally {
    client.close();
    await gatehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
  assert.deepEqual(faults, []);
}

const podOf = (name: string, metadata: object = {}, spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, ...metadata },
  spec: { containers: [{ name: "app", image: "app:1" }], ...spec },
});

test("pods get sidecars where namespaces or they themselves ask for it", async () => {
  await withMesh(async (create) => {
    const labels = { "istio-injection": "enabled" };
    await create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop", labels } });
    const pods = (namespace: string) => `/api/v1/namespaces/${namespace}/pods`;
    const names = (pod: object | string) => (pod as Pod).spec.initContainers?.map(({ name }) => name);

    const web = (await create(pods("shop"), podOf("web"))) as Pod;
    assert.deepEqual(names(web), ["istio-init", "istio-proxy"]);
    const [, proxy] = web.spec.initContainers ?? [];
    // Defaults are set on what was added, too.
    assert.equal(proxy?.["terminationMessagePath"], "/dev/termination-log");
    assert.equal(names(await create(pods("default"), podOf("plain"))), undefined);
    const asks = { labels: { "sidecar.istio.io/inject": "true" } };
    assert.deepEqual(names(await create(pods("default"), podOf("asks", asks))), ["istio-init", "istio-proxy"]);
    const refuses = { labels: { "sidecar.istio.io/inject": "false" } };
    assert.equal(names(await create(pods("shop"), podOf("refuses", refuses))), undefined);
    assert.equal(names(await create(pods("shop"), podOf("host", {}, { hostNetwork: true }))), undefined);
    const wrong = { annotations: { "traffic.sidecar.istio.io/excludeInboundPorts": "http" } };
    assert.match(
      String(await create(pods("shop"), podOf("wrong", wrong))),
      /no sidecar can be made: invalid value 'http' for annotation 'traffic\.sidecar\.istio\.io\/excludeInboundPorts'/,
    );
  });
});

test("the mesh's kinds are served, and what they say is checked", async () => {
  await withMesh(async (create, client) => {
    const place = (group: string, plural: string, version = "v1") =>
      `/apis/${group}/${version}/namespaces/default/${plural}`;
    const security = "security.istio.io";
    const cases: readonly (readonly [plural: string, kind: string, spec: object, fault?: RegExp])[] = [
      ["peerauthentications", "PeerAuthentication", { mtls: { mode: "STRICT" } }],
      [
        "peerauthentications",
        "PeerAuthentication",
        { mtls: { mode: "strict" } },
        /spec\.mtls\.mode: Unsupported value/,
      ],
      [
        "peerauthentications",
        "PeerAuthentication",
        { portLevelMtls: { "80": { mode: "DISABLE" } } },
        /portLevelMtls requires selector/,
      ],
      [
        "peerauthentications",
        "PeerAuthentication",
        { selector: { matchLabels: { app: "web" } }, portLevelMtls: { "70000": { mode: "DISABLE" } } },
        /port must be between 1-65535/,
      ],
      [
        "peerauthentications",
        "PeerAuthentication",
        { selector: { matchLabels: { app: "web" } }, portLevelMtls: { "80": { mode: "DISABLE" } } },
      ],
      [
        "authorizationpolicies",
        "AuthorizationPolicy",
        {
          action: "DENY",
          rules: [{ from: [{ source: { notNamespaces: ["shop"] } }], to: [{ operation: { ports: ["80"] } }] }],
        },
      ],
      ["authorizationpolicies", "AuthorizationPolicy", {}],
      ["authorizationpolicies", "AuthorizationPolicy", { action: "LOG" }, /spec\.action: Unsupported value/],
      [
        "authorizationpolicies",
        "AuthorizationPolicy",
        { rules: [{ from: [{ source: { serviceAccounts: ["a/b"], principals: ["x"] } }] }] },
        /Cannot set serviceAccounts with namespaces or principals/,
      ],
      [
        "authorizationpolicies",
        "AuthorizationPolicy",
        { selector: { matchLabels: { app: "*" } } },
        /wildcard not allowed in label value match/,
      ],
    ];
    for (const [i, [plural, kind, spec, fault]] of cases.entries()) {
      const object = { apiVersion: `${security}/v1`, kind, metadata: { name: `c${i}` }, spec };
      const answer = await create(place(security, plural), object);
      if (fault === undefined) assert.equal(typeof answer, "object", `${JSON.stringify(spec)}: ${String(answer)}`);
      else assert.match(String(answer), fault, JSON.stringify(spec));
    }
    const rule = {
      apiVersion: "networking.istio.io/v1alpha3",
      kind: "DestinationRule",
      metadata: { name: "web" },
      spec: { host: "web", trafficPolicy: { tls: { mode: "ISTIO_MUTUAL" }, loadBalancer: { simple: "RANDOM" } } },
    };
    assert.equal(typeof (await create(place("networking.istio.io", "destinationrules", "v1alpha3"), rule)), "object");
    const stored = (await client.ask(`${place("networking.istio.io", "destinationrules")}/web`)) as typeof rule;
    assert.deepEqual(stored.spec, rule.spec);
    assert.equal(stored.apiVersion, "networking.istio.io/v1");
  });
});
