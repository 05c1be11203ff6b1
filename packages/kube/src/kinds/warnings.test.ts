import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { warningsOf } from "../validate.ts";
import { uncompiled } from "./expressions.ts";

/** Whoever knows certificates says this of every pair. */
const expressions = { ...uncompiled, keyPairFault: (certificate: string, key: string) => `${certificate} and ${key}` };

const cases: readonly (readonly [object: { readonly [field: string]: unknown }, ...warnings: string[]])[] = [
  [{ apiVersion: "v1", kind: "Secret", type: "Opaque", data: { "tls.crt": "YQ==" } }],
  [
    { apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls", data: { "tls.crt": "YQ==", "tls.key": "Yg==" } },
    "YQ== and Yg==",
  ],
  [
    { apiVersion: "storage.k8s.io/v1", kind: "CSIDriver", spec: { tokenRequests: [{ audience: "a" }] } },
    "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes",
  ],
  [
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { annotations: { "kubernetes.io/ingress.class": "a" } },
      spec: {},
    },
    "annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead",
  ],
  [
    { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", addressType: "FQDN" },
    "spec.addressType: FQDN endpoints are deprecated",
  ],
  [
    {
      apiVersion: "node.k8s.io/v1",
      kind: "RuntimeClass",
      scheduling: { nodeSelector: { "beta.kubernetes.io/os": "a" } },
    },
    'scheduling.nodeSelector: deprecated since v1.14; use "kubernetes.io/os" instead',
  ],
];

for (const [object, ...warnings] of cases)
  test(JSON.stringify(object), () => {
    deepEqual(
      warningsOf({ metadata: { name: "n" }, ...object } as Parameters<typeof warningsOf>[0], undefined, expressions),
      warnings,
    );
  });
