import assert from "node:assert/strict";
import { test } from "node:test";
import { parseYamlDocuments } from "@sallyport/kube";
import { notField } from "../authorization-policy.ts";
import { operationFields, sourceFields } from "../rule-fields.ts";
import { meshObjectFaults } from "./faults.ts";
import { specShapes } from "./shapes.ts";

/** A kind, its spec in YAML, what is wrong with it (`! ` before what makes it unreadable, `? ` before warnings). */
const cases: readonly [string, string, readonly string[]][] = [
  ["PeerAuthentication", "{}", []],
  ["PeerAuthentication", "mtls: { mode: STRICT }", []],
  [
    "PeerAuthentication",
    "mtls: { mode: strict }",
    ['! spec.mtls.mode: Unsupported value: "strict": supported values: "UNSET", "DISABLE", "PERMISSIVE", "STRICT"'],
  ],
  [
    "PeerAuthentication",
    "mtls: STRICT",
    ['! spec.mtls: Invalid value: "string": spec.mtls in body must be of type object: "string"'],
  ],
  ["PeerAuthentication", "mutual: { mode: STRICT }", ['unknown field "spec.mutual"']],
  [
    "PeerAuthentication",
    "portLevelMtls: { 80: { mode: DISABLE } }",
    ["mesh/namespace peer authentication cannot have port level mTLS"],
  ],
  [
    "PeerAuthentication",
    "{ selector: { matchLabels: { a: b } }, portLevelMtls: { 70000: { mode: DISABLE } } }",
    ["port must be in range 1..65535"],
  ],
  [
    "PeerAuthentication",
    "{ selector: { matchLabels: { a: b } }, portLevelMtls: {} }",
    ["port level mTLS, if defined, must have at least one element"],
  ],
  ["PeerAuthentication", "selector: { matchLabels: { a: 'b*' } }", ['wildcard is not supported in selector: "a=b*"']],
  ["PeerAuthentication", "selector: {}", ["? workload selector specified without labels"]],
  ["AuthorizationPolicy", "{}", []],
  [
    "AuthorizationPolicy",
    "action: deny",
    ['! spec.action: Unsupported value: "deny": supported values: "ALLOW", "DENY", "AUDIT", "CUSTOM"'],
  ],
  [
    "AuthorizationPolicy",
    "action: DENY",
    [
      "DENY action without `rules` is meaningless as it will never be triggered, add an empty rule `{}` if you want it be triggered for every request",
    ],
  ],
  ["AuthorizationPolicy", "{ action: CUSTOM, rules: [{}] }", ["`provider.name` must not be empty"]],
  [
    "AuthorizationPolicy",
    "{ action: CUSTOM, provider: { name: p }, rules: [{ from: [{ source: { principals: [a] } }] }] }",
    ["From.Principals is currently not supported with CUSTOM action"],
  ],
  [
    "AuthorizationPolicy",
    "{ action: CUSTOM, provider: { name: p }, rules: [{ when: [{ key: request.auth.principal, values: [a] }] }] }",
    ["request.auth.principal is currently not supported with CUSTOM action"],
  ],
  [
    "AuthorizationPolicy",
    "{ provider: { name: p }, rules: [{}] }",
    ["`provider` must not be with non CUSTOM action, found ALLOW"],
  ],
  [
    "AuthorizationPolicy",
    "{ selector: { matchLabels: { a: b } }, targetRefs: [{ kind: Gateway, name: g }] }",
    ["only one of targetRefs or workloadSelector can be set"],
  ],
  [
    "AuthorizationPolicy",
    "rules: [null]",
    ['! spec.rules[0]: Invalid value: "null": spec.rules[0] in body must be of type object: "null"'],
  ],
  ["AuthorizationPolicy", "rules: [{ from: [{}] }]", ["`from.source` must not be nil, found at rule 0"]],
  [
    "AuthorizationPolicy",
    "rules: [{}, { to: [{ operation: {} }] }]",
    ["`to.operation` must not be empty, found at rule 1"],
  ],
  [
    "AuthorizationPolicy",
    "rules: [{ from: [{ source: { principal: [a] } }] }]",
    ['unknown field "spec.rules[0].from[0].source.principal"', "`from.source` must not be empty, found at rule 0"],
  ],
  [
    "AuthorizationPolicy",
    "rules: [{ to: [{ operation: { ports: [80] } }] }]",
    [
      '! spec.rules[0].to[0].operation.ports[0]: Invalid value: "integer": spec.rules[0].to[0].operation.ports[0] in body must be of type string: "integer"',
    ],
  ],
  [
    "AuthorizationPolicy",
    "rules: [{ to: [{ operation: { ports: ['http', '70000'], notMethods: [''] } }] }]",
    ["empty value not allowed, found in NotMethods", "bad port (http)", "bad port (70000)"],
  ],
  [
    "AuthorizationPolicy",
    "rules: [{ from: [{ source: { ipBlocks: ['1.2.3', '10.0.0.0/33'] } }] }]",
    ["bad IP address (1.2.3)", "bad CIDR range (10.0.0.0/33)"],
  ],
  [
    "AuthorizationPolicy",
    "rules: [{ from: [{ source: { serviceAccounts: ['a*'], namespaces: [b] } }] }]",
    [
      "wildcard not allowed, found in ServiceAccounts",
      "cannot set serviceAccounts with namespaces or principals, found at rule 0",
    ],
  ],
  [
    "AuthorizationPolicy",
    "rules: [{ from: [{ source: { notServiceAccounts: ['/a'] } }] }]",
    [
      `expected format 'serviceAccount' or 'namespace/serviceAccount', found empty namespace "/a" in NotServiceAccounts`,
    ],
  ],
  [
    "AuthorizationPolicy",
    "rules: [{ from: [{ source: { trustDomains: ['a*b', 'a/b'] } }] }]",
    [
      'wildcard is only allowed at the start or end, found in TrustDomains: "a*b"',
      `trust domain must not contain '/', found in TrustDomains: "a/b"`,
    ],
  ],
  [
    "AuthorizationPolicy",
    "rules: [{ to: [{ operation: { paths: ['/{**}/{*}', '/a{*}'] } }] }]",
    [
      "invalid or unsupported path {**}/{*}, found in Paths. {**} is not the last operator",
      "invalid or unsupported path a{*}, found in Paths. Contains '{' or '}' beyond a supported path template",
    ],
  ],
  [
    "AuthorizationPolicy",
    "rules: [{ when: [{ key: source.ip }] }]",
    ["at least one of `values` or `notValues` must be set for key source.ip"],
  ],
  [
    "AuthorizationPolicy",
    "rules: [{ when: [{ key: source.colour, values: [red] }] }]",
    [
      "invalid `value` for `key` source.colour: unknown attribute: source.colour",
      "invalid `notValue` for `key` source.colour: unknown attribute: source.colour",
    ],
  ],
  [
    "AuthorizationPolicy",
    "rules: [{ when: [{ key: request.headers, notValues: [a] }] }]",
    [
      "invalid `value` for `key` request.headers: bad key (request.headers): should have format a[b]",
      "invalid `notValue` for `key` request.headers: bad key (request.headers): should have format a[b]",
    ],
  ],
  [
    "AuthorizationPolicy",
    "rules: [{ when: [{ key: destination.port, values: [a] }] }]",
    ["invalid `value` for `key` destination.port: bad port (a)"],
  ],
  [
    "AuthorizationPolicy",
    "{ action: DENY, rules: [{ to: [{ operation: { methods: [POST] } }] }] }",
    [
      "? configured AuthorizationPolicy will deny all traffic to TCP ports under its scope due to the use of only HTTP attributes in a DENY rule; it is recommended to explicitly specify the port",
    ],
  ],
  ["AuthorizationPolicy", "{ action: DENY, rules: [{ to: [{ operation: { methods: [POST], ports: ['80'] } }] }] }", []],
  ["DestinationRule", "{ host: web, trafficPolicy: { tls: { mode: DISABLE } } }", []],
  ["DestinationRule", "{ host: '*.local', trafficPolicy: { loadBalancer: { simple: RANDOM, more: 1 } } }", []],
  ["DestinationRule", "{}", ["empty domain name not allowed"]],
  ["DestinationRule", "{ host: 'a b' }", ['domain name "a b" invalid (label "a b" invalid)']],
  ["DestinationRule", "{ host: web, trafficPolicy: {} }", ["traffic policy must have at least one field"]],
  [
    "DestinationRule",
    "{ host: web, trafficPolicy: { tls: { mode: MUTUAL } } }",
    ["client certificate required for mutual tls", "private key required for mutual tls"],
  ],
  [
    "DestinationRule",
    "{ host: web, trafficPolicy: { portLevelSettings: [{ tls: { mode: SIMPLE } }, { port: { number: 80 } }] } }",
    ["portTrafficPolicy must have valid port", "port traffic policy must have at least one field"],
  ],
  ["DestinationRule", "{ host: web, subsets: [{ name: a }, { name: a }] }", ["duplicate subset names: a"]],
  [
    "DestinationRule",
    "{ host: web, trafficPolicy: { tls: { mode: NONE } } }",
    [
      '! spec.trafficPolicy.tls.mode: Unsupported value: "NONE": supported values: "DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"',
    ],
  ],
  ["ConfigMap", "{ a: b }", []],
];

function told(kind: string, spec: string, metadata: object = {}): readonly string[] {
  const value = parseYamlDocuments(spec).documents[0]?.toJS();
  const { faults, warnings, isUnreadable } = meshObjectFaults({ kind, metadata, spec: value });
  return [...faults.map((each) => (isUnreadable ? `! ${each}` : each)), ...warnings.map((each) => `? ${each}`)];
}

for (const [kind, spec, expected] of cases) {
  test(`${kind} ${spec}`, () => assert.deepEqual(told(kind, spec), expected));
}

test("only policies that allow or deny are tried without effect", () => {
  const tried = (value: string) => ({ namespace: "a", name: "b", annotations: { "istio.io/dry-run": value } });
  assert.deepEqual(told("AuthorizationPolicy", "{}", tried("true")), []);
  assert.deepEqual(told("AuthorizationPolicy", "{}", tried("yes")), [
    'a/b has annotation istio.io/dry-run with invalid value (yes): strconv.ParseBool: parsing "yes": invalid syntax',
  ]);
  assert.deepEqual(told("AuthorizationPolicy", "action: AUDIT", tried("true")), [
    "the annotation istio.io/dry-run currently only supports action ALLOW/DENY, found action AUDIT in a/b",
  ]);
  assert.deepEqual(told("PeerAuthentication", "{}", tried("true")), [
    "a/b has unsupported annotation istio.io/dry-run, please remove the annotation",
  ]);
});

test("every field that rules may ask about is served, so that none is dropped and the rest means more", () => {
  const names = (all: object) =>
    Object.keys(all)
      .flatMap((name) => [name, notField(name)])
      .sort();
  const rule = specShapes["AuthorizationPolicy"]?.properties?.["rules"]?.items?.properties;
  const served = (side: string, field: string) =>
    Object.keys(rule?.[side]?.items?.properties?.[field]?.properties ?? {}).sort();
  assert.deepEqual(served("from", "source"), names(sourceFields));
  assert.deepEqual(served("to", "operation"), names(operationFields));
});
