import assert from "node:assert/strict";
import { test } from "node:test";
import { type ClientQuestion, clientChoice } from "./client-tls.ts";
import type { DestinationRule } from "./destination-rule.ts";
import { web } from "./policies.fixture.ts";
import { defaultMesh, type Workload } from "./workload.ts";

const client: Workload = { namespace: "front", name: "client", labels: { app: "client" }, serviceAccount: "client" };
const question: ClientQuestion = {
  client,
  service: { namespace: "shop", host: "web.shop.svc.cluster.local" },
  port: 80,
  endpoint: { sidecar: web, mode: "PERMISSIVE" },
  accounts: [web],
};

type Spec = NonNullable<DestinationRule["spec"]>;
type Mode = NonNullable<NonNullable<NonNullable<Spec["trafficPolicy"]>["tls"]>["mode"]>;

const tls = (mode: Mode) => ({ trafficPolicy: { tls: { mode } } });

/** `namespace/name`, of `host`. */
function rule(name: string, host: string, spec: Partial<Spec>, minute = 0): DestinationRule {
  const [namespace = "", short = ""] = name.split("/");
  const creationTimestamp = `2026-01-01T00:0${minute}:00Z`;
  return { metadata: { namespace, name: short, creationTimestamp }, spec: { host, ...spec } };
}

const full = "web.shop.svc.cluster.local";
const port = (number: number, mode: Mode) => ({
  trafficPolicy: { portLevelSettings: [{ port: { number }, tls: { mode } }] },
});

/** Rules, changes of the question, and the choice with its reason. */
const cases: readonly [string, readonly DestinationRule[], Partial<ClientQuestion>, string][] = [
  ["PERMISSIVE", [], {}, "mutual auto-mTLS: the server's mode is PERMISSIVE"],
  ["STRICT", [], { endpoint: { sidecar: web, mode: "STRICT" } }, "mutual auto-mTLS: the server's mode is STRICT"],
  ["DISABLE", [], { endpoint: { sidecar: web, mode: "DISABLE" } }, "none auto-mTLS: the server's mode is DISABLE"],
  ["no sidecar", [], { endpoint: { mode: "STRICT" } }, "none auto-mTLS: the server has no sidecar"],
  ["a rule: DISABLE", [rule("shop/r", full, tls("DISABLE"))], {}, "none DestinationRule shop/r says DISABLE"],
  ["a rule: SIMPLE", [rule("shop/r", full, tls("SIMPLE"))], {}, "other DestinationRule shop/r says SIMPLE"],
  ["a rule: MUTUAL", [rule("shop/r", full, tls("MUTUAL"))], {}, "other DestinationRule shop/r says MUTUAL"],
  [
    "a rule: ISTIO_MUTUAL, though there is no sidecar",
    [rule("shop/r", full, tls("ISTIO_MUTUAL"))],
    { endpoint: { mode: "STRICT" } },
    "mutual DestinationRule shop/r says ISTIO_MUTUAL",
  ],
  [
    "a rule with tls and no mode",
    [rule("shop/r", full, { trafficPolicy: { tls: {} } })],
    {},
    "none DestinationRule shop/r says DISABLE",
  ],
  [
    "a rule without a word of TLS",
    [rule("shop/r", full, { trafficPolicy: {} })],
    {},
    "mutual auto-mTLS: the server's mode is PERMISSIVE",
  ],
  [
    "the port's word",
    [
      rule("shop/r", full, {
        trafficPolicy: { ...tls("ISTIO_MUTUAL").trafficPolicy, ...port(80, "DISABLE").trafficPolicy },
      }),
    ],
    {},
    "none DestinationRule shop/r says DISABLE",
  ],
  [
    "another port's word",
    [rule("shop/r", full, port(81, "DISABLE"))],
    {},
    "mutual auto-mTLS: the server's mode is PERMISSIVE",
  ],
  [
    "a short name is of the rule's namespace",
    [rule("shop/r", "web", tls("DISABLE"))],
    {},
    "none DestinationRule shop/r says DISABLE",
  ],
  [
    "a short name of another namespace",
    [rule("front/r", "web", tls("DISABLE"))],
    {},
    "mutual auto-mTLS: the server's mode is PERMISSIVE",
  ],
  [
    "a star",
    [rule("istio-system/r", "*.local", tls("DISABLE"))],
    {},
    "none DestinationRule istio-system/r says DISABLE",
  ],
  [
    "the host that says most",
    [rule("shop/a", "*.local", tls("DISABLE")), rule("shop/b", "*.shop.svc.cluster.local", tls("SIMPLE"))],
    {},
    "other DestinationRule shop/b says SIMPLE",
  ],
  [
    "the client's namespace first",
    [rule("shop/a", full, tls("DISABLE")), rule("front/b", "*.local", tls("SIMPLE"))],
    {},
    "other DestinationRule front/b says SIMPLE",
  ],
  [
    "the service's before the root's",
    [rule("istio-system/a", full, tls("DISABLE")), rule("shop/b", "*.local", tls("SIMPLE"))],
    {},
    "other DestinationRule shop/b says SIMPLE",
  ],
  [
    "another namespace's",
    [rule("other/a", full, tls("DISABLE"))],
    {},
    "mutual auto-mTLS: the server's mode is PERMISSIVE",
  ],
  [
    "one that is not exported",
    [rule("shop/a", full, { ...tls("DISABLE"), exportTo: ["."] })],
    {},
    "mutual auto-mTLS: the server's mode is PERMISSIVE",
  ],
  [
    "one that is exported to the client",
    [rule("shop/a", full, { ...tls("DISABLE"), exportTo: ["front"] })],
    {},
    "none DestinationRule shop/a says DISABLE",
  ],
  [
    "the older of two",
    [rule("shop/a", full, tls("DISABLE"), 2), rule("shop/b", full, tls("SIMPLE"), 1)],
    {},
    "other DestinationRule shop/b says SIMPLE",
  ],
  [
    "one for the client before one for all",
    [
      rule("front/a", full, tls("DISABLE")),
      rule("front/b", full, { ...tls("SIMPLE"), workloadSelector: { matchLabels: { app: "client" } } }),
    ],
    {},
    "other DestinationRule front/b says SIMPLE",
  ],
  [
    "one for another client",
    [rule("front/b", full, { ...tls("SIMPLE"), workloadSelector: { matchLabels: { app: "x" } } })],
    {},
    "mutual auto-mTLS: the server's mode is PERMISSIVE",
  ],
  [
    "a subset's word",
    [rule("shop/a", full, { ...tls("DISABLE"), subsets: [{ name: "v1", ...tls("ISTIO_MUTUAL") }] })],
    { subset: "v1" },
    "mutual DestinationRule shop/a says ISTIO_MUTUAL",
  ],
  [
    "a subset without a word",
    [rule("shop/a", full, { ...tls("DISABLE"), subsets: [{ name: "v1" }] })],
    { subset: "v1" },
    "none DestinationRule shop/a says DISABLE",
  ],
  [
    "a subset that there is not",
    [rule("shop/a", full, tls("DISABLE"))],
    { subset: "v1" },
    "mutual auto-mTLS: the server's mode is PERMISSIVE",
  ],
];

for (const [name, rules, change, expected] of cases) {
  test(`a client's TLS: ${name}`, () => {
    const { tls: chosen, reason } = clientChoice({ ...question, ...change }, rules, defaultMesh);
    assert.equal(`${chosen} ${reason}`, expected);
  });
}

test("the server must be one of those that run the service, in any trust domain of the mesh", () => {
  const mesh = { ...defaultMesh, trustDomain: "new", trustDomainAliases: ["old"] };
  const { identities, serverName } = clientChoice({ ...question, accounts: [web, web] }, [], mesh);
  assert.deepEqual(identities, ["spiffe://new/ns/shop/sa/web", "spiffe://old/ns/shop/sa/web"]);
  assert.equal(serverName, "outbound_.80_._.web.shop.svc.cluster.local");
});

test("a rule may name the server itself", () => {
  const named = { tls: { mode: "ISTIO_MUTUAL", subjectAltNames: ["spiffe://x/y"], sni: "z" } } as const;
  const { identities, serverName } = clientChoice(
    question,
    [rule("shop/a", full, { trafficPolicy: named })],
    defaultMesh,
  );
  assert.deepEqual([identities, serverName], [["spiffe://x/y"], "z"]);
});
