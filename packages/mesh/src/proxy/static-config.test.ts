import assert from "node:assert/strict";
import { test } from "node:test";
import { readStaticConfig } from "./static-config.ts";

const listener = { direction: "inbound", port: 15_006, destination: "original" };
const target = { ip: "10.0.0.7", port: 8080, tls: "mutual" };

async function outcome(more: object): Promise<string> {
  try {
    await readStaticConfig({ listeners: [listener], ...more });
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

const faults: readonly (readonly [object, string])[] = [
  [{}, ""],
  [{ listeners: [] }, "listeners: expected one at least"],
  [
    { listener: [] },
    "listener: unknown; known are listeners, inbound, outbound, workload, trustDomain, policies, extensionProviders, limits",
  ],
  [{ listeners: [{ ...listener, direction: "in" }] }, "listeners[0].direction: expected inbound, outbound"],
  [{ listeners: [{ ...listener, port: 0 }] }, "listeners[0].port: expected a port, 1 to 65535"],
  [
    { listeners: [{ ...listener, destination: "somewhere" }] },
    'listeners[0].destination: expected "original" or an ip and a port: { "ip": "10.0.0.7", "port": 8080 }',
  ],
  [{ inbound: { mode: "strict" } }, "inbound.mode: expected STRICT, PERMISSIVE, DISABLE"],
  [{ inbound: { ports: { web: {} } } }, 'inbound.ports["web"]: expected a port, 1 to 65535'],
  [{ outbound: [{ ...target, tls: undefined }] }, "outbound[0].tls: expected mutual, none, originate"],
  [{ outbound: [{ ...target, ip: "web" }] }, "outbound[0].ip: expected an IP address"],
  [
    { outbound: [{ ...target, identities: ["web"] }] },
    "outbound[0].identities[0]: expected a SPIFFE ID: spiffe://cluster.local/ns/NAMESPACE/sa/NAME",
  ],
  [
    { extensionProviders: [{ name: "p" }] },
    "extensionProviders[0]: it has neither envoyExtAuthzHttp nor envoyExtAuthzGrpc",
  ],
  [
    { extensionProviders: [{ name: "p", envoyExtAuthzHttp: { service: "authz", port: 0 } }] },
    "extensionProviders[0]: port must be in the range [1, 65535], found: 0",
  ],
  [
    { extensionProviders: [1, 2].map(() => ({ name: "p", envoyExtAuthzGrpc: { service: "authz", port: 9000 } })) },
    "extensionProviders[1].name: expected another one: it is there",
  ],
  [
    { outbound: [{ ...target, tls: "originate" }] },
    'outbound[0].origination: expected with "tls": "originate", and only there',
  ],
  [
    { outbound: [{ ...target, tls: "originate", origination: { mode: "MUTUAL", privateKey: "key.pem" } }] },
    "outbound[0].origination.clientCertificate: expected a text",
  ],
  [{ limits: { helloMs: 0 } }, "limits.helloMs: expected a whole number from 1 on"],
  [{ policies: [{ kind: "Pod" }] }, "policies[0].kind: expected AuthorizationPolicy"],
  [{ policies: [{ kind: "AuthorizationPolicy", spec: { rule: [] } }] }, 'policies[0]: unknown field "spec.rule"'],
];

for (const [more, expected] of faults)
  test(`a file: ${expected === "" ? "the least" : expected}`, async () => assert.equal(await outcome(more), expected));

test("what a file says is what a proxy is told", async () => {
  const { listeners, config } = await readStaticConfig({
    listeners: [listener, { direction: "outbound", port: 15_001, destination: { ip: "10.0.0.7", port: 8080 } }],
    inbound: { mode: "STRICT", ports: { 8080: { protocol: "http" }, 9090: { mode: "DISABLE" } } },
    outbound: [target],
    workload: { namespace: "shop", labels: { app: "web" } },
    policies: [
      {
        kind: "AuthorizationPolicy",
        metadata: { name: "carts" },
        spec: {
          selector: { matchLabels: { app: "web" } },
          rules: [{ from: [{ source: { principals: ["cluster.local/ns/shop/sa/cart"] } }] }],
        },
      },
    ],
  });
  assert.deepEqual(
    listeners.map(({ host }) => host),
    ["0.0.0.0", "127.0.0.1"],
  );
  assert.deepEqual(config.inbound(8080), { mode: "STRICT", protocol: "http" });
  assert.deepEqual(config.inbound(9090), { mode: "DISABLE", protocol: "auto" });
  assert.deepEqual(config.inbound(1), { mode: "STRICT", protocol: "auto" });
  assert.equal(config.outbound("10.0.0.7", 8080)?.tls, "mutual");
  assert.equal(config.outbound("10.0.0.7", 80), undefined);
  const decide = (principal?: string) =>
    config.authorizer.decide({
      source: { ip: "10.0.0.9", ...(principal !== undefined && { principal }) },
      destination: { ip: "10.0.0.7", port: 8080 },
    }).allowed;
  assert.deepEqual(
    [decide("cluster.local/ns/shop/sa/cart"), decide("cluster.local/ns/x/sa/y"), decide()],
    [true, false, false],
  );
});
