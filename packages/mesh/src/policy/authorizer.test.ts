import assert from "node:assert/strict";
import { test } from "node:test";
import type { Action, AuthorizationPolicy, Rule } from "./authorization-policy.ts";
import type { Call, HttpCall } from "./call.ts";
import { authorizationPolicy, authorizerFor, callOf } from "./policies.fixture.ts";

type Change = Parameters<typeof callOf>[0];

/** Whether one rule, of an ALLOW policy that is alone, means a call. */
function means(rule: Rule, change: Change, action: Action = "ALLOW"): boolean {
  const { allowed } = authorizerFor([authorizationPolicy("shop/p", action, [rule])]).decide(callOf(change));
  return action === "ALLOW" ? allowed : !allowed;
}

const from = (source: Record<string, string[]>): Rule => ({ from: [{ source }] });
const to = (operation: Record<string, string[]>): Rule => ({ to: [{ operation }] });
const when = (key: string, values: string[], notValues: string[] = []): Rule => ({
  when: [{ key, values, notValues }],
});
const request = (http: Partial<HttpCall>): Change => ({ http });
const anonymous: Change = { principal: null };
const as = (principal: string): Change => ({ principal });

/** A rule, calls that it means, and calls that it does not. */
const rules: readonly [string, Rule, readonly Change[], readonly Change[]][] = [
  ["an empty rule means all", {}, [{}, anonymous, request({})], []],
  [
    "principals: exact",
    from({ principals: ["cluster.local/ns/shop/sa/client"] }),
    [{}],
    [anonymous, as("cluster.local/ns/shop/sa/client2"), as("")],
  ],
  [
    "principals: prefix",
    from({ principals: ["cluster.local/ns/shop/*"] }),
    [{}],
    [as("cluster.local/ns/shopping/sa/a")],
  ],
  ["principals: suffix", from({ principals: ["*/sa/client"] }), [{}, as("x/ns/y/sa/client")], [as("x/ns/y/sa/my")]],
  ["principals: * is whoever has proved an identity", from({ principals: ["*"] }), [{}], [anonymous]],
  [
    "notPrincipals means plaintext",
    from({ notPrincipals: ["*/sa/client"] }),
    [anonymous, as("cluster.local/ns/shop/sa/other")],
    [{}],
  ],
  ["namespaces", from({ namespaces: ["shop"] }), [{}], [anonymous, as("cluster.local/ns/shop2/sa/a")]],
  ["namespaces with stars", from({ namespaces: ["s*p", "a*"] }), [{}, as("td/ns/abc/sa/x")], [as("td/ns/bshop/sa/x")]],
  ["notNamespaces", from({ notNamespaces: ["shop"] }), [anonymous, as("td/ns/other/sa/x")], [{}]],
  [
    "serviceAccounts of the policy's namespace, and named ones",
    from({ serviceAccounts: ["client", "back/a.b"] }),
    [{}, as("td/ns/shop/sa/client"), as("td/ns/back/sa/a.b"), as("td/ns/back/x/y/sa/a.b/z")],
    [anonymous, as("td/ns/shop/sa/client-x"), as("td/ns/other/sa/client"), as("td/ns/back/sa/axb")],
  ],
  ["trustDomains", from({ trustDomains: ["cluster.local"] }), [{}], [anonymous, as("cluster.local.evil/ns/a/sa/b")]],
  ["trustDomains: *", from({ trustDomains: ["*"] }), [{}, as("td/ns/a/sa/b")], [anonymous]],
  ["trustDomains: suffix", from({ trustDomains: ["*.local"] }), [{}], [as("td/ns/a.local/sa/b")]],
  [
    "ipBlocks",
    from({ ipBlocks: ["10.0.0.0/30"] }),
    [{}, { ip: "::ffff:10.0.0.3" }],
    [{ ip: "10.0.0.4" }, { ip: "fd00::1" }],
  ],
  [
    "ipBlocks of IPv6",
    from({ ipBlocks: ["fd00::/8", "2001:db8::1"] }),
    [{ ip: "fd12::9" }, { ip: "2001:db8::1" }],
    [{}],
  ],
  ["notIpBlocks", from({ notIpBlocks: ["10.0.0.1"] }), [{ ip: "10.0.0.2" }], [{}]],
  [
    "remoteIpBlocks are of the last X-Forwarded-For",
    from({ remoteIpBlocks: ["1.2.3.4"] }),
    [request({ headers: { "x-forwarded-for": "9.9.9.9, 1.2.3.4" } }), { ip: "1.2.3.4" }],
    [request({ headers: { "x-forwarded-for": "1.2.3.4, 9.9.9.9" } }), {}],
  ],
  [
    "an X-Forwarded-For that is no address counts for nothing",
    from({ remoteIpBlocks: ["10.0.0.1"] }),
    [request({ headers: { "x-forwarded-for": "x" } })],
    [],
  ],
  [
    "requestPrincipals",
    from({ requestPrincipals: ["https://idp/me"] }),
    [request({ claims: { iss: "https://idp", sub: "me" } })],
    [request({}), request({ claims: { iss: "https://idp", sub: "you" } })],
  ],
  [
    "requestPrincipals with stars",
    from({ requestPrincipals: ["https://idp/*", "*/root"] }),
    [request({ claims: { iss: "https://idp", sub: "x" } }), request({ claims: { iss: "y", sub: "root" } })],
    [request({ claims: { iss: "z", sub: "x" } }), request({ claims: { iss: "https://idp", sub: "" } })],
  ],
  ["ports", to({ ports: ["80", "81"] }), [{}, { port: 81 }], [{ port: 82 }]],
  ["notPorts", to({ notPorts: ["80"] }), [{ port: 81 }], [{}]],
  ["methods", to({ methods: ["GET", "P*"] }), [request({}), request({ method: "POST" })], [request({ method: "get" })]],
  ["notMethods", to({ notMethods: ["GET"] }), [request({ method: "PUT" })], [request({})]],
  [
    "hosts, in any case, with the port as it came",
    to({ hosts: ["WEB.shop", "*.example"] }),
    [request({}), request({ host: "a.EXAMPLE" })],
    [request({ host: "web.shop:80" })],
  ],
  [
    "paths",
    to({ paths: ["/a", "/b/*", "*.txt"] }),
    [request({ path: "/a" }), request({ path: "/b/c" }), request({ path: "/x.txt" })],
    [request({ path: "/a/" }), request({ path: "/b" })],
  ],
  [
    "paths: {*}",
    to({ paths: ["/a/{*}/c"] }),
    [request({ path: "/a/b/c" })],
    [request({ path: "/a/b/b/c" }), request({ path: "/a//c" })],
  ],
  [
    "paths: {**}",
    to({ paths: ["/a/{**}"] }),
    [request({ path: "/a/b/c" }), request({ path: "/a/" })],
    [request({ path: "/a" }), request({ path: "/b" })],
  ],
  [
    "paths: {*} then {**}",
    to({ paths: ["/{*}/x/{**}"] }),
    [request({ path: "/q/x/y/z" })],
    [request({ path: "/q/y/z" })],
  ],
  ["notPaths", to({ notPaths: ["/admin*"] }), [request({ path: "/" })], [request({ path: "/admin/x" })]],
  [
    "all of an operation",
    to({ methods: ["GET"], paths: ["/a"] }),
    [request({ path: "/a" })],
    [request({ path: "/b" }), request({ method: "PUT", path: "/a" })],
  ],
  [
    "any from and any to",
    {
      from: [{ source: { namespaces: ["a"] } }, { source: { namespaces: ["shop"] } }],
      to: [{ operation: { ports: ["1"] } }, { operation: { ports: ["80"] } }],
    },
    [{}],
    [{ port: 2 }, as("td/ns/b/sa/x")],
  ],
  [
    "request.headers",
    when("request.headers[X-Key]", ["a*"]),
    [request({ headers: { "x-key": "abc" } })],
    [request({}), request({ headers: { "x-key": "b" } })],
  ],
  [
    "request.headers: * is met by an empty one",
    when("request.headers[x]", ["*"]),
    [request({ headers: { x: "" } })],
    [request({})],
  ],
  [
    "request.headers: not",
    when("request.headers[x]", [], ["1"]),
    [request({}), request({ headers: { x: "2" } })],
    [request({ headers: { x: "1" } })],
  ],
  [
    "request.headers of HTTP/2's own names",
    when("request.headers[:authority]", ["web.shop"]),
    [request({})],
    [request({ host: "b" })],
  ],
  [
    "request.auth.claims",
    when("request.auth.claims[groups]", ["admin"]),
    [request({ claims: { groups: ["x", "admin"] } }), request({ claims: { groups: "admin" } })],
    [request({ claims: { groups: 1 } }), request({})],
  ],
  [
    "request.auth.claims within claims",
    when("request.auth.claims[a][b]", ["c"]),
    [request({ claims: { a: { b: "c" } } })],
    [request({ claims: { a: "c" } })],
  ],
  [
    "request.auth.audiences",
    when("request.auth.audiences", ["me"]),
    [request({ claims: { aud: ["you", "me"] } })],
    [request({ claims: { aud: "you" } })],
  ],
  [
    "request.auth.presenter",
    when("request.auth.presenter", ["me"]),
    [request({ claims: { azp: "me" } })],
    [request({ claims: { azp: "you" } })],
  ],
  [
    "request.auth.principal",
    when("request.auth.principal", ["*"]),
    [request({ claims: { iss: "a", sub: "b" } })],
    [request({ claims: { iss: "a" } })],
  ],
  ["source.ip", when("source.ip", ["10.0.0.0/8"], ["10.0.0.9"]), [{}], [{ ip: "10.0.0.9" }, { ip: "11.0.0.1" }]],
  ["remote.ip", when("remote.ip", ["10.0.0.1"]), [{}], [{ ip: "11.0.0.1" }]],
  ["source.namespace", when("source.namespace", ["shop"]), [{}], [anonymous]],
  ["source.serviceAccount", when("source.serviceAccount", ["shop/client"]), [{}], [anonymous]],
  ["source.trustDomain", when("source.trustDomain", ["cluster.*"]), [{}], [as("local.cluster/ns/a/sa/b")]],
  ["source.principal", when("source.principal", ["*client"], ["td/*"]), [{}], [as("td/ns/shop/sa/client")]],
  ["destination.ip", when("destination.ip", ["10.0.0.2"]), [{}], []],
  ["destination.port", when("destination.port", ["80"]), [{}], [{ port: 81 }]],
  ["connection.sni", when("connection.sni", ["*.web"]), [{ serverName: "a.web" }], [{}]],
  [
    "metadata of Envoy's filters: there is none",
    when("experimental.envoy.filters.a.b[c]", ["x"]),
    [],
    [{}, request({})],
  ],
  [
    "a condition belongs to every from",
    { from: [{ source: { namespaces: ["shop"] } }], when: [{ key: "source.ip", values: ["10.0.0.9"] }] },
    [{ ip: "10.0.0.9" }],
    [{}],
  ],
];

for (const [name, rule, meant, others] of rules) {
  test(`a rule means: ${name}`, () => {
    for (const change of meant) assert.equal(means(rule, change), true, JSON.stringify(change));
    for (const change of others) assert.equal(means(rule, change), false, JSON.stringify(change));
  });
}

/** Rules that cannot be asked of a connection, or not at all: whether ALLOW and DENY mean a connection by them. */
const narrowed: readonly [string, Rule, boolean, boolean][] = [
  ["methods", to({ methods: ["POST"] }), false, true],
  ["methods and another port", to({ methods: ["POST"], ports: ["81"] }), false, false],
  ["methods and the port", to({ methods: ["POST"], ports: ["80"] }), false, true],
  ["one of two operations", { to: [{ operation: { ports: ["80"] } }, { operation: { paths: ["/a"] } }] }, false, true],
  ["request principals", from({ requestPrincipals: ["*"] }), false, true],
  ["a header", when("request.headers[a]", ["b"]), false, true],
  ["an address that is none, beside one", from({ ipBlocks: ["nonsense", "10.0.0.9"] }), false, false],
  ["an address that is none", from({ ipBlocks: ["nonsense"] }), false, true],
  ["a range that is none", from({ notIpBlocks: ["10.0.0.0/33"] }), false, true],
  ["a port that is none", to({ ports: ["http"] }), false, true],
  ["a template that Istio does not take", to({ paths: ["/{**}/{*}"] }), false, true],
  ["a key that Istio does not know", when("source.colour", ["red"]), false, false],
  ["a claim without brackets", when("request.auth.claims", ["x"]), false, true],
];

for (const [name, rule, allow, deny] of narrowed) {
  test(`of a connection, ${name}: ALLOW is narrower and DENY wider`, () => {
    assert.equal(means(rule, {}), allow, "ALLOW");
    assert.equal(means(rule, {}, "DENY"), deny, "DENY");
  });
}

const yes = [{}];
const never = [from({ namespaces: ["nowhere"] })];
const dryRun = (policy: AuthorizationPolicy): AuthorizationPolicy => ({
  ...policy,
  metadata: { ...policy.metadata, annotations: { "istio.io/dry-run": "true" } },
});

/** Policies, and what they say of a connection: `+` or `-` and the reason. */
const verdicts: readonly [string, readonly AuthorizationPolicy[], string][] = [
  ["nothing", [], "+ no AuthorizationPolicy applies"],
  [
    "ALLOW without rules",
    [authorizationPolicy("shop/a", undefined, undefined)],
    "- no rule of the ALLOW policy shop/a means it",
  ],
  [
    "DENY without rules",
    [authorizationPolicy("shop/a", "DENY", [])],
    "+ no ALLOW policy applies, and none that refuses it",
  ],
  ["ALLOW all", [authorizationPolicy("shop/a", "ALLOW", yes)], "+ ALLOW by shop/a, rule 0"],
  [
    "DENY before ALLOW",
    [authorizationPolicy("shop/a", "ALLOW", yes), authorizationPolicy("shop/d", "DENY", [...never, {}])],
    "- DENY by shop/d, rule 1",
  ],
  [
    "any of two ALLOW",
    [authorizationPolicy("shop/a", "ALLOW", never), authorizationPolicy("shop/b", "ALLOW", yes)],
    "+ ALLOW by shop/b, rule 0",
  ],
  [
    "none of two ALLOW",
    [authorizationPolicy("shop/a", "ALLOW", never), authorizationPolicy("shop/b", "ALLOW", never)],
    "- no rule of the ALLOW policies shop/a, shop/b means it",
  ],
  [
    "ALLOW whose only rule is left out",
    [authorizationPolicy("shop/a", "ALLOW", [null])],
    "- no rule of the ALLOW policy shop/a means it",
  ],
  [
    "CUSTOM before DENY",
    [
      authorizationPolicy("shop/d", "DENY", yes),
      authorizationPolicy("shop/c", "CUSTOM", yes, { provider: { name: "p" } }),
    ],
    '- CUSTOM by shop/c, rule 0: there is no provider "p" to ask',
  ],
  [
    "CUSTOM of two providers",
    [
      authorizationPolicy("shop/c", "CUSTOM", yes, { provider: { name: "p" } }),
      authorizationPolicy("shop/e", "CUSTOM", yes, { provider: { name: "q" } }),
    ],
    "- CUSTOM by shop/c, rule 0: only 1 provider can be used per workload, found p, q",
  ],
  [
    "CUSTOM that means another",
    [authorizationPolicy("shop/c", "CUSTOM", never)],
    "+ no ALLOW policy applies, and none that refuses it",
  ],
  ["of the root namespace", [authorizationPolicy("istio-system/d", "DENY", yes)], "- DENY by istio-system/d, rule 0"],
  [
    "of the root namespace, by labels",
    [authorizationPolicy("istio-system/d", "DENY", yes, { selector: { matchLabels: { app: "web" } } })],
    "- DENY by istio-system/d, rule 0",
  ],
  ["of another namespace", [authorizationPolicy("other/d", "DENY", yes)], "+ no AuthorizationPolicy applies"],
  [
    "of another workload",
    [authorizationPolicy("shop/d", "DENY", yes, { selector: { matchLabels: { app: "db" } } })],
    "+ no AuthorizationPolicy applies",
  ],
  [
    "of a gateway",
    [authorizationPolicy("shop/d", "DENY", yes, { targetRefs: [{ kind: "Gateway", name: "g" }] })],
    "+ no AuthorizationPolicy applies",
  ],
  [
    "DENY that is only tried",
    [dryRun(authorizationPolicy("shop/d", "DENY", yes))],
    "+ no ALLOW policy applies, and none that refuses it (would refuse: DENY by shop/d, rule 0)",
  ],
  [
    "ALLOW that is only tried",
    [dryRun(authorizationPolicy("shop/a", "ALLOW", never))],
    "+ no ALLOW policy applies, and none that refuses it (would refuse: no rule of the ALLOW policy shop/a means it)",
  ],
  [
    "CUSTOM that is only tried",
    [dryRun(authorizationPolicy("shop/c", "CUSTOM", yes))],
    "+ no ALLOW policy applies, and none that refuses it",
  ],
  [
    "AUDIT",
    [authorizationPolicy("shop/x", "AUDIT", yes), authorizationPolicy("shop/y", "AUDIT", never)],
    "+ no ALLOW policy applies, and none that refuses it (audited: shop/x)",
  ],
];

for (const [name, policies, expected] of verdicts) {
  test(`policies say: ${name}`, () => {
    const { allowed, reason, audited, wouldRefuse } = authorizerFor(policies).decide(callOf());
    const more = [
      ...(audited === undefined ? [] : [` (audited: ${audited.join(", ")})`]),
      ...(wouldRefuse === undefined ? [] : [` (would refuse: ${wouldRefuse})`]),
    ];
    assert.equal(`${allowed ? "+" : "-"} ${reason}${more.join("")}`, expected);
  });
}

test("a rule reads requests when it asks of HTTP, or whom a request is from", () => {
  const reads = (rule: Rule) => authorizerFor([authorizationPolicy("shop/a", "DENY", [rule])]).readsHttp;
  for (const rule of [
    to({ methods: ["GET"] }),
    from({ remoteIpBlocks: ["1.1.1.1"] }),
    when("request.headers[a]", ["b"]),
  ])
    assert.equal(reads(rule), true, JSON.stringify(rule));
  for (const rule of [{}, from({ principals: ["a"] }), to({ ports: ["1"] }), when("source.colour", ["b"])])
    assert.equal(reads(rule), false, JSON.stringify(rule));
});

test("an identity of an alias is one of the mesh's, whichever of them a policy names", () => {
  const mesh = { trustDomain: "new", trustDomainAliases: ["old"] };
  const decide = (rule: Rule, principal: string) =>
    authorizerFor([authorizationPolicy("shop/a", "ALLOW", [rule])], mesh).decide(callOf({ principal })).allowed;
  for (const named of ["new", "old", "cluster.local"]) {
    const rule = from({ principals: [`${named}/ns/shop/sa/client`] });
    assert.equal(decide(rule, "new/ns/shop/sa/client"), true, named);
    assert.equal(decide(rule, "old/ns/shop/sa/client"), true, named);
    assert.equal(decide(rule, "other/ns/shop/sa/client"), false, named);
  }
  assert.equal(decide(from({ principals: ["other/ns/shop/sa/client"] }), "new/ns/shop/sa/client"), false);
  assert.equal(decide(from({ trustDomains: ["old"] }), "new/ns/a/sa/b"), true);
  assert.equal(decide(when("source.principal", ["old/ns/shop/sa/client"]), "new/ns/shop/sa/client"), true);
});

test("a trace names every policy, and of each rule why it does not mean the call", () => {
  const policies = [
    authorizationPolicy("shop/a", "ALLOW", [from({ principals: ["x"], namespaces: ["shop"] }), {}]),
    authorizationPolicy("shop/d", "DENY", [{ ...to({ methods: ["POST"], ports: ["81"] }) }, when("a", ["b"])]),
    authorizationPolicy("shop/e", undefined, undefined),
  ];
  const parts = authorizerFor(policies).trace(callOf() satisfies Call);
  assert.deepEqual(
    parts.map(({ policy, action, rule, notes }) => [policy.metadata.name, action, rule, notes]),
    [
      [
        "d",
        "DENY",
        undefined,
        [
          'rule 0 is wider than written: "methods" is HTTP only',
          "rule 0: not ports [81]",
          "rule 1 is left out: unknown attribute a",
        ],
      ],
      ["a", "ALLOW", 1, ["rule 0: not principals [x]"]],
      ["e", "ALLOW", undefined, ["it has no rules, and so means nothing"]],
    ],
  );
});

const [byHttp, byGrpc] = (["envoyExtAuthzHttp", "envoyExtAuthzGrpc"] as const).map((kind) => ({
  name: "p",
  [kind]: { service: "authz.shop.svc.cluster.local", port: 8000 },
}));
const custom = authorizationPolicy("shop/c", "CUSTOM", [{}], { provider: { name: "p" } });
const asking = { provider: "p", policy: "shop/c", rule: 0 };

const asks: readonly (readonly [name: string, provider: object, call: Call, expected: object | undefined])[] = [
  ["by HTTP, of a request", byHttp as object, callOf({ http: {} }), asking],
  ["by HTTP, of a connection", byHttp as object, callOf(), undefined],
  ["by gRPC, of a request", byGrpc as object, callOf({ http: {} }), asking],
  ["by gRPC, of a connection", byGrpc as object, callOf(), asking],
];

for (const [name, provider, call, expected] of asks)
  test(`a provider is asked ${name}`, () => {
    const authorizer = authorizerFor([custom], { extensionProviders: [provider as never] });
    assert.equal(authorizer.readsHttp, true);
    assert.deepEqual(authorizer.decide(call).asks, expected);
  });

test("a provider is asked before a DENY policy refuses, which it cannot undo", () => {
  const policies = [custom, authorizationPolicy("shop/d", "DENY", [{}])];
  const verdict = authorizerFor(policies, { extensionProviders: [byGrpc as never] }).decide(callOf());
  assert.deepEqual([verdict.allowed, verdict.asks], [false, asking]);
});

test("a provider whose settings are none is not asked", () => {
  const wrong = { name: "p", envoyExtAuthzGrpc: { service: "authz", port: 80, timeout: "soon" } };
  const { allowed, reason } = authorizerFor([custom], { extensionProviders: [wrong] }).decide(callOf());
  assert.equal(allowed, false);
  assert.match(reason, /^CUSTOM by shop\/c, rule 0: the provider "p" cannot be asked: invalid timeout soon/);
});
