import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ambientAdmits } from "./ambient.fixture.ts";
import type { AuthorizationPolicy, Rule } from "./authorization-policy.ts";
import { authorizerOf } from "./authorizer.ts";
import type { Call } from "./call.ts";
import { modeOf, type PeerAuthentication, resolveModes } from "./peer-authentication.ts";
import type { MeshSettings, Workload } from "./workload.ts";

const few = <T>(of: fc.Arbitrary<T>) => fc.array(of, { minLength: 1, maxLength: 2 });
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 2 });
const namespaces = ["shop", "front", "istio-system"];
const domains = ["cluster.local", "td", "old"];
const principal = fc
  .tuple(fc.constantFrom(...domains), fc.constantFrom(...namespaces, "shopping"), fc.constantFrom("web", "api"))
  .map(([domain, namespace, account]) => `${domain}/ns/${namespace}/sa/${account}`);
const labels = fc.constantFrom<{ [key: string]: string }>({ app: "web" }, { app: "db" }, { app: "web", tier: "a" }, {});

const values: { readonly [field: string]: fc.Arbitrary<string> } = {
  principals: fc.oneof(principal, fc.constantFrom("*", "td/*", "*/sa/web", "*/ns/shop/sa/api")),
  namespaces: fc.constantFrom("shop", "front", "s*", "*p", "s*p"),
  serviceAccounts: fc.constantFrom("web", "api", "front/web", "shop/api"),
  ipBlocks: fc.constantFrom("10.0.0.1", "10.0.0.0/31", "10.0.0.0/8", "10.0.1.0/24", "0.0.0.0/0"),
};
const operations: { readonly [field: string]: fc.Arbitrary<string> } = {
  ports: fc.constantFrom("80", "81"),
  methods: fc.constantFrom("GET", "POST", "P*", "*T"),
  hosts: fc.constantFrom("web.shop", "*.SHOP", "web*", "*"),
  paths: fc.constantFrom("/a", "/a*", "*b", "/{*}/b", "/a/{**}", "*"),
};
const conditions = fc.constantFrom(
  ["source.principal", "principals"],
  ["source.namespace", "namespaces"],
  ["source.ip", "ipBlocks"],
  ["source.serviceAccount", "serviceAccounts"],
  ["destination.port", "ports"],
  ["request.headers[x]", "methods"],
  ["source.colour", "methods"],
);

function fieldsOf(all: { readonly [field: string]: fc.Arbitrary<string> }) {
  const named = Object.entries(all).flatMap(([field, value]) => {
    const opposite = `not${field.charAt(0).toUpperCase()}${field.slice(1)}`;
    return [field, opposite].map((name) => few(value).map((list): [string, string[]] => [name, list]));
  });
  return fc.array(fc.oneof(...named), { minLength: 1, maxLength: 2 }).map(Object.fromEntries);
}

const condition = conditions.chain(([key = "", field = ""]) => {
  const value = values[field] ?? operations[field] ?? fc.constant("x");
  return fc.record({
    key: fc.constant(key),
    values: fc.array(value, { maxLength: 2 }),
    notValues: fc.array(value, { maxLength: 1 }),
  });
});
const rule: fc.Arbitrary<Rule> = fc
  .record({
    from: maybe(few(fieldsOf(values).map((source) => ({ source })))),
    to: maybe(few(fieldsOf(operations).map((operation) => ({ operation })))),
    when: maybe(few(condition)),
  })
  .map((each) => JSON.parse(JSON.stringify(each)));
const metadata = fc.record({
  namespace: fc.constantFrom(...namespaces),
  name: fc.constantFrom("a", "b", "c"),
  creationTimestamp: fc.constantFrom("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"),
});
const policy: fc.Arbitrary<AuthorizationPolicy> = fc
  .record({
    metadata,
    tried: fc.constantFrom("true", "false", undefined),
    spec: fc.record({
      selector: maybe(labels.map((matchLabels) => ({ matchLabels }))),
      action: fc.constantFrom("ALLOW", "ALLOW", "DENY", "AUDIT", "CUSTOM", undefined),
      rules: maybe(fc.array(rule, { maxLength: 2 })),
    }),
  })
  .map(({ metadata: named, tried, spec }) =>
    JSON.parse(JSON.stringify({ metadata: { ...named, annotations: { "istio.io/dry-run": tried } }, spec })),
  );
const mtls = maybe(fc.record({ mode: fc.constantFrom("STRICT", "PERMISSIVE", "DISABLE", "UNSET") }));
const peer: fc.Arbitrary<PeerAuthentication> = fc
  .record({
    metadata,
    spec: fc.record({
      selector: maybe(labels.map((matchLabels) => ({ matchLabels }))),
      mtls,
      portLevelMtls: maybe(fc.record({ 80: mtls })),
    }),
  })
  .map((each) => JSON.parse(JSON.stringify(each)));
const workload: fc.Arbitrary<Workload> = fc.record({
  namespace: fc.constantFrom(...namespaces),
  name: fc.constant("w"),
  labels,
  serviceAccount: fc.constant("web"),
});
const mesh: fc.Arbitrary<MeshSettings> = fc.record({
  rootNamespace: fc.constant("istio-system"),
  trustDomain: fc.constantFrom("cluster.local", "td"),
  trustDomainAliases: fc.subarray(["old"]),
});
const http = fc.record({
  method: fc.constantFrom("GET", "POST", "PUT"),
  path: fc.constantFrom("/", "/a", "/a/b", "/a/", "/x/b"),
  host: fc.constantFrom("web.shop", "WEB.shop:80"),
  headers: fc.constantFrom<{ [name: string]: string }>({}, { x: "GET" }, { x: "POST" }),
});
const call: fc.Arbitrary<Call> = fc
  .record({
    source: fc.record({ ip: fc.constantFrom("10.0.0.1", "10.0.1.2", "192.168.0.1"), principal: maybe(principal) }),
    destination: fc.record({ ip: fc.constant("10.0.0.2"), port: fc.constantFrom(80, 81) }),
    http: maybe(http),
  })
  .map((each) => JSON.parse(JSON.stringify(each)));

const asked = fc.record({
  workload,
  mesh,
  peers: fc.uniqueArray(peer, {
    maxLength: 4,
    selector: ({ metadata: { namespace, name } }) => `${namespace}/${name}`,
  }),
  policies: fc.uniqueArray(policy, {
    maxLength: 3,
    selector: ({ metadata: { namespace, name } }) => `${namespace}/${name}`,
  }),
  calls: fc.array(call, { minLength: 4, maxLength: 8 }),
});

/** How often each of the two said yes and no: a generator whose calls all end alike would show nothing. */
const told = new Map<boolean, number>();

test("two evaluators agree on whom a server takes", { timeout: 300_000 }, () => {
  fc.assert(
    fc.property(asked, ({ workload: server, mesh: settings, peers, policies, calls }) => {
      const modes = resolveModes(server, peers, settings);
      const authorizer = authorizerOf(server, policies, settings);
      for (const each of calls) {
        const isMissing = modeOf(modes, each.destination.port) === "STRICT" && each.source.principal === undefined;
        const admits = !isMissing && authorizer.decide(each).allowed;
        told.set(admits, (told.get(admits) ?? 0) + 1);
        assert.equal(admits, ambientAdmits(server, peers, policies, settings, each), JSON.stringify(each));
      }
    }),
    { numRuns: 1500 },
  );
  assert.ok(Math.min(told.get(true) ?? 0, told.get(false) ?? 0) > 500, JSON.stringify([...told]));
});
