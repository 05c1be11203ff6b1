import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { applyDefaults } from "../../defaults.ts";
import { type Refusal, testRefusals } from "../refusals.fixture.ts";

const template = "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: x}]}}";
const good = `selector: {matchLabels: {a: b}}, ${template}`;
const object = `spec: {${good}}`;
const row = (change: string, ...refused: string[]): Refusal => [object, change, ...refused];
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const notMatching = "`selector` does not match template `labels`";

testRefusals("apps/v1", {
  Deployment: [
    row(
      "spec: {}",
      "spec.selector: Required value",
      `spec.template.metadata.labels: Invalid value: null: ${notMatching}`,
      "spec.template.spec.containers: Required value",
    ),
    row(`spec: {${good}, replicas: -1}`, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
    row(
      `spec: {selector: {}, ${template}}`,
      "spec.selector: Invalid value: {}: empty selector is invalid for deployment",
    ),
    row(
      `spec: {selector: {matchLabels: {a: c}}, ${template}}`,
      `spec.template.metadata.labels: Invalid value: {"a":"b"}: ${notMatching}`,
    ),
    row(
      `spec: {${good}, strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}}`,
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ),
    row(
      `spec: {${good}, strategy: {type: X}}`,
      'spec.strategy: Unsupported value: {"Type":"X","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
    ),
    row(
      `spec: {${good}, strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}}`,
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
    ),
    row(
      `spec: {${good}, strategy: {rollingUpdate: {maxUnavailable: 101%}}}`,
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
    ),
    row(
      `spec: {${good}, minReadySeconds: 600}`,
      "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds",
    ),
    row(
      "~spec: {selector: {matchLabels: {a: c}}, template: {metadata: {labels: {a: c}}, spec: {containers: [{name: a, image: x}]}}}",
      'spec.selector: Invalid value: {"matchLabels":{"a":"c"}}: field is immutable',
    ),
  ],
  DaemonSet: [
    row(
      "spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}, annotations: {A B: c}}, spec: {containers: [{name: a, image: x}]}}}",
      "spec.template.annotations: Invalid value: \"A B\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ),
    row(
      `spec: {${good}, updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}}`,
      "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero",
    ),
    row(
      `spec: {${good}, updateStrategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}}`,
      "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0",
    ),
    row(
      "~spec: {selector: {}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: x}]}}}",
      "spec.selector: Invalid value: {}: field is immutable",
      "spec.selector: Invalid value: {}: empty selector is invalid for daemonset",
    ),
  ],
  ReplicaSet: [
    row(
      `spec: {selector: {matchExpressions: [{key: a, operator: In}]}, ${template}}`,
      "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      'spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"In"}]}: invalid label selector',
    ),
    row(
      `spec: {${good.replace("containers", "restartPolicy: Never, containers")}}`,
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ),
  ],
  StatefulSet: [
    row(
      `spec: {${good}, serviceName: A.b}`,
      "spec.serviceName: Invalid value: \"A.b\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ),
    row(
      `spec: {${good}, volumeClaimTemplates: [{metadata: {name: v}, spec: {}}]}`,
      "spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required",
      "spec.volumeClaimTemplates[0].spec.resources[storage]: Required value",
    ),
    row(
      `spec: {selector: {matchExpressions: [{key: a, operator: In}]}, ${template.replace("containers", "activeDeadlineSeconds: 1, restartPolicy: Never, containers")}, volumeClaimTemplates: [{metadata: {name: v}, spec: {accessModes: [ReadWriteOnce], volumeMode: X, storageClassName: A, resources: {requests: {storage: 1Gi}}}}]}`,
      `spec.volumeClaimTemplates[0].spec.storageClassName: Invalid value: "A": ${subdomain}`,
      'spec.volumeClaimTemplates[0].spec.volumeMode: Unsupported value: "X": supported values: "Block", "Filesystem"',
      "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      'spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"In"}]}',
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
      "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported",
    ),
    row(`~spec: {${good}, serviceName: A.b}`, 'spec.serviceName: Invalid value: "A.b": field is immutable'),
    row(`~spec: {${good}, serviceName: s}`, 'spec.serviceName: Invalid value: "s": field is immutable'),
    row(`~spec: {${good}, replicas: 3}`),
  ],
  ControllerRevision: [
    ["data: {a: 1}, revision: 1", "revision: -1", "revision: Invalid value: -1: must be greater than or equal to 0"],
    ["data: {a: 1}, revision: 1", "data: x", "data: Required value: data must be a valid JSON object"],
    ["data: {a: 1}, revision: 1", "~data: {a: 2}", 'data: Invalid value: {"a":2}: field is immutable'],
    [
      "data: {b: 1, a: 2}, revision: 1",
      "~data: {a: 2, b: 1}",
      'data: Invalid value: {"a":2,"b":1}: field is immutable',
    ],
  ],
});

for (const [type, rollingUpdate] of [
  ["RollingUpdate", { maxSurge: 2, maxUnavailable: 1 }],
  ["OnDelete", { maxSurge: 2, maxUnavailable: 0 }],
] as const)
  test(`a DaemonSet's rolling update has both its halves, also where it is not used: ${type}`, () => {
    const updateStrategy = { type, rollingUpdate: { maxSurge: 2 } };
    const { spec } = applyDefaults({
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "d" },
      spec: { updateStrategy },
    });
    deepEqual((spec as { readonly updateStrategy: object }).updateStrategy, { type, rollingUpdate });
  });
