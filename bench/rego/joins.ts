import type { JsonObject } from "@sallyport/rego";
import type { RegoCase } from "./case.ts";

// A policy that looks for conflicts with all other objects of a cluster. Peers go through them all, we ask an index: so these are measured
// like other workloads, but no part of the means.

const sizes = [1_000, 10_000, 100_000];

/** OPA takes half a second for one evaluation with 10,000 objects. */
const maxForPeers = 10_000;

/** The plain shape, and the templates of gatekeeper-library that have it, as they are written. */
export function readJoins(templates: readonly RegoCase[]): readonly RegoCase[] {
  const template = (name: string) => templates.filter((each) => each.name === `gatekeeper/${name}`);
  return sizes.flatMap((size) => [
    join("ingress-host", size, plain),
    ...template("k8suniqueingresshost").map((each) =>
      join("k8suniqueingresshost", size, { ...each, inputs: ingressReview }),
    ),
    ...template("k8suniqueserviceselector").map((each) =>
      join("k8suniqueserviceselector", size, { ...each, inputs: serviceReview }),
    ),
  ]);
}

function join(
  name: string,
  size: number,
  policy: Pick<RegoCase, "regoVersion" | "modules" | "query" | "inputs">,
): RegoCase {
  return {
    ...policy,
    name: `joins/${name}/${size}`,
    data: { inventory: { namespace: inventory(size) } },
    isStored: true,
    ...(size > maxForPeers && { isOursAlone: true }),
  };
}

const plain = {
  regoVersion: "v1",
  modules: [
    {
      file: "joins.rego",
      text: `package joins

deny contains other.metadata.name if {
	some host in input.hosts
	some ns, name
	other := data.inventory.namespace[ns]["networking.k8s.io/v1"].Ingress[name]
	other.spec.rules[_].host == host
}
`,
    },
  ],
  query: "data.joins.deny",
  inputs: [JSON.stringify({ hosts: ["a500.example.com", "new.example.com"] })],
} as const;

const ingressReview = [
  JSON.stringify({
    review: {
      kind: { group: "networking.k8s.io", version: "v1", kind: "Ingress" },
      object: {
        metadata: { name: "new", namespace: "ns-1" },
        spec: { rules: [{ host: "a500.example.com" }, { host: "new.example.com" }] },
      },
    },
  }),
];

const serviceReview = [
  JSON.stringify({
    review: {
      kind: { group: "", version: "v1", kind: "Service" },
      name: "new",
      namespace: "ns-1",
      object: { metadata: { name: "new", namespace: "ns-1" }, spec: { selector: { app: "app-500", tier: "web" } } },
    },
  }),
];

/** So many ingresses with two hosts each, and as many services, in namespaces of a thousand. */
function inventory(size: number): JsonObject {
  const namespaces = Array.from({ length: Math.ceil(size / 1000) }, (_, ns) => {
    const numbers = Array.from({ length: Math.min(1000, size - ns * 1000) }, (_, i) => ns * 1000 + i);
    const objects = (make: (i: number, ns: string) => JsonObject, prefix: string) =>
      Object.fromEntries(numbers.map((i) => [`${prefix}-${i}`, make(i, `ns-${ns}`)]));
    return [
      `ns-${ns}`,
      {
        "networking.k8s.io/v1": { Ingress: objects(ingress, "ingress") },
        v1: { Service: objects(service, "service") },
      },
    ];
  });
  return Object.fromEntries(namespaces) as JsonObject;
}

function ingress(i: number, namespace: string): JsonObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: `ingress-${i}`, namespace },
    spec: { rules: [{ host: `a${i}.example.com` }, { host: `b${i}.example.com` }] },
  };
}

function service(i: number, namespace: string): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: `service-${i}`, namespace },
    spec: { selector: { app: `app-${i}`, tier: "web" }, ports: [{ port: 80 }] },
  };
}
