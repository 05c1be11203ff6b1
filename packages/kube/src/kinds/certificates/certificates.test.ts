import { parse } from "yaml";
import { testRefusals } from "../refusals.fixture.ts";

const pod = [
  "signerName: example.com/s, podName: p, podUID: u, serviceAccountName: s, serviceAccountUID: u",
  "nodeName: n, nodeUID: u, maxExpirationSeconds: 86400, stubPKCS10Request: YQ==",
].join(", ");
const withPod = (change: string) => `spec: ${JSON.stringify({ ...parse(`{${pod}}`), ...parse(`{${change}}`) })}`;
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const oneKey = "exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set";

testRefusals("certificates.k8s.io/v1", {
  ClusterTrustBundle: [
    ["spec: {trustBundle: x}", "spec: {trustBundle: x}"],
    [
      "spec: {}",
      "spec: {signerName: example.com/s}",
      'metadata.name: Invalid value: "n": ClusterTrustBundle for signerName example.com/s must be named with prefix example.com:s:',
    ],
    ["spec: {}", 'metadata: {name: "example.com:s:a"}, spec: {signerName: example.com/s}'],
    [
      "spec: {}",
      'metadata: {name: "a:b"}',
      'metadata.name: Invalid value: "a:b": ClusterTrustBundle without signer name must not have ":" in its name',
    ],
    [
      'metadata: {name: "example.com:s:a"}, spec: {signerName: example.com/s}',
      '~metadata: {name: "example.com:s:a"}, spec: {signerName: example.com/s, trustBundle: x}',
    ],
    ["spec: {signerName: a.b/c}", "~spec: {}", 'spec.signerName: Invalid value: "": field is immutable'],
  ],
  PodCertificateRequest: [
    ["spec: {}", withPod("keyType: none")],
    ["spec: {}", withPod("podName: P"), `spec.podName: Invalid value: "P": ${subdomain}`],
    ["spec: {}", withPod("nodeUID: ''"), 'spec.nodeUID: Invalid value: "": must not be empty'],
    ["spec: {}", withPod(`podUID: ${"u".repeat(129)}`), "spec.podUID: Too long: may not be more than 128 bytes"],
    [
      "spec: {}",
      withPod("unverifiedUserAnnotations: {Key: v}"),
      'spec.unverifiedUserAnnotations: Invalid value: "key": must be a domain-prefixed key (such as "acme.io/foo")',
    ],
    [
      "spec: {}",
      withPod("maxExpirationSeconds: 3599"),
      "spec.maxExpirationSeconds: Invalid value: 3599: must be in the range [3600, 7862400]",
    ],
    [
      "spec: {}",
      withPod("signerName: a.kubernetes.io/b, maxExpirationSeconds: 86401"),
      "spec.maxExpirationSeconds: Invalid value: 86401: must be in the range [3600, 86400]",
    ],
    ["spec: {}", withPod("pkixPublicKey: YQ=="), `spec: Invalid value: ${oneKey}`],
    ["spec: {}", withPod("stubPKCS10Request: ''"), `spec: Invalid value: ${oneKey}`],
  ],
});

testRefusals("storagemigration.k8s.io/v1", {
  StorageVersionMigration: [
    ["spec: {}", "spec: {}", "spec.resource.resource: Required value: resource is required to be set"],
    [
      "spec: {}",
      "spec: {resource: {group: A, resource: pods}}",
      `spec.resource.group: Invalid value: "A": ${subdomain}`,
    ],
    [
      "spec: {resource: {resource: pods}}",
      "~spec: {resource: {resource: nodes}}",
      'spec: Invalid value: {"Resource":{"group":"","resource":"nodes"}}: field is immutable',
    ],
  ],
});
