import { testRefusals } from "../refusals.fixture.ts";

const path = (rest: string) => `spec: {rules: [{http: {paths: [{${rest}}]}}]}`;
const backend = "backend: {service: {name: s, port: {number: 80}}}";
const at = "spec.rules[0].http.paths[0]";
const ingress = path(`path: /, pathType: Prefix, ${backend}`);
const policy = "spec: {podSelector: {}}";

testRefusals("networking.k8s.io/v1", {
  Ingress: [
    [ingress, "spec: {}", "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
    [ingress, path(`path: x, pathType: Exact, ${backend}`), `${at}.path: Invalid value: "x": must be an absolute path`],
    [
      ingress,
      path(`path: /a//b/.., pathType: Prefix, ${backend}`),
      `${at}.path: Invalid value: "/a//b/..": must not contain '//'`,
      `${at}.path: Invalid value: "/a//b/..": cannot end with '/..'`,
    ],
    [
      ingress,
      path("path: /, pathType: Prefix, backend: {}"),
      `${at}.backend: Invalid value: "": resource or service backend is required`,
    ],
    [
      ingress,
      path("path: /, pathType: Prefix, backend: {service: {name: s}}"),
      `${at}.backend: Required value: port name or number is required`,
    ],
    [
      ingress,
      path(`path: /, pathType: X, ${backend}`),
      `${at}.pathType: Unsupported value: "X": supported values: "Exact", "ImplementationSpecific", "Prefix"`,
    ],
    [ingress, path("path: /"), `${at}.pathType: Required value: pathType must be specified`],
    [ingress, `${ingress.slice(0, -1)}, tls: [{hosts: ["*.a.b"]}]}`],
  ],
  IngressClass: [
    [
      "spec: {controller: a.b/c}",
      "spec: {controller: x}",
      'spec.controller: Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
    [
      "spec: {controller: a.b/c}",
      "~spec: {}",
      'spec.controller: Invalid value: "": field is immutable',
      "spec.controller: Required value",
    ],
    [
      "spec: {controller: a.b/c}",
      "spec: {controller: a.b/c, parameters: {kind: K, name: n, namespace: x}}",
      "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
    ],
  ],
  NetworkPolicy: [
    [policy, "spec: {ingress: [{from: [{}]}]}", "spec.ingress[0].from[0]: Required value: must specify a peer"],
    [
      policy,
      "spec: {ingress: [{ports: [{port: 80, endPort: 79}]}]}",
      "spec.ingress[0].ports[0].endPort: Invalid value: 79: must be greater than or equal to `port`",
    ],
    [
      policy,
      "spec: {ingress: [{ports: [{protocol: X, port: 0}]}]}",
      'spec.ingress[0].ports[0].protocol: Unsupported value: "X": supported values: "TCP", "UDP", "SCTP"',
      "spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
    ],
    [
      policy,
      "spec: {egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]}",
      'spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
    ],
    [
      policy,
      "spec: {egress: [{to: [{podSelector: {}, ipBlock: {cidr: 2001::/16}}]}]}",
      "spec.egress[0].to[0]: Forbidden: may not specify both ipBlock and another peer",
    ],
    [
      policy,
      "spec: {policyTypes: [X]}",
      'spec.policyTypes[0]: Unsupported value: "X": supported values: "Ingress", "Egress"',
    ],
  ],
  ServiceCIDR: [
    ["spec: {cidrs: [10.2.0.0/24]}", "spec: {cidrs: []}", "spec.cidrs: Required value: at least one CIDR required"],
    [
      "spec: {cidrs: [10.2.0.0/24]}",
      "spec: {cidrs: [10.2.0.0/24, 10.3.0.0/24]}",
      'spec.cidrs: Invalid value: ["10.2.0.0/24","10.3.0.0/24"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
    ],
    [
      "spec: {cidrs: [10.2.0.0/24]}",
      "~spec: {cidrs: [10.3.0.0/24]}",
      'spec.cidrs[0]: Invalid value: "10.3.0.0/24": field is immutable',
    ],
  ],
  IPAddress: [
    [
      "metadata: {name: 10.5.0.1}, spec: {parentRef: {resource: a, name: b}}",
      "spec: {parentRef: {name: a/b}}",
      "spec.parentRef.name: Invalid value: \"a/b\": may not contain '/'",
      "spec.parentRef.resource: Required value",
    ],
  ],
});

testRefusals("networking.k8s.io/v1", {
  ServiceCIDR: [
    [
      "spec: {cidrs: [10.3.0.0/24]}",
      "spec: {cidrs: ['fd00:0::/64', 010.7.0.0/8]}",
      'spec.cidrs[0]: Invalid value: "fd00:0::/64": must be in canonical form ("fd00::/64")',
      'spec.cidrs[1]: Invalid value: "010.7.0.0/8": must not have leading 0s in IP or prefix length',
    ],
    ["spec: {cidrs: [10.3.0.0/24]}", "~spec: {}", "spec.cidrs: Invalid value: null: field is immutable"],
  ],
  Ingress: [
    [
      "spec: {defaultBackend: {resource: {kind: a, name: b}}}",
      "metadata: {name: n, namespace: d, annotations: {kubernetes.io/ingress.class: a}}, spec: {ingressClassName: b, defaultBackend: {resource: {}}}",
      "spec.defaultBackend.resource.kind: Required value",
      "spec.defaultBackend.resource.name: Required value",
      'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
    ],
  ],
  IngressClass: [
    [
      "spec: {controller: a/b}",
      "spec: {controller: a/b c}",
      "spec.controller: Invalid value: \"b c\": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')",
    ],
  ],
});
