import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import type { KubeObject } from "../../object.ts";
import { warningsOf } from "../../validate.ts";
import { withAppArmorFields } from "./app-armor.ts";

function pod(text: string): KubeObject {
  const { metadata = {}, ...spec } = parse(`{${text}}`) as { readonly metadata?: object };
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "p", ...metadata }, spec } as KubeObject;
}

const cases: readonly (readonly [spec: string, ...warnings: readonly string[]])[] = [
  ["containers: [{name: a}]"],
  [
    "metadata: {name: a.b}",
    "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
  ],
  [
    "nodeSelector: {beta.kubernetes.io/os: linux}",
    'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
  ],
  [
    "volumes: [{name: v, flocker: {}}, {name: w, storageos: {}}]",
    "spec.volumes[0].flocker: deprecated in v1.22, non-functional in v1.25+",
    "spec.volumes[1].storageOS: deprecated in v1.22, non-functional in v1.25+",
  ],
  [
    "metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: runtime/default}}",
    'metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
  ],
  ["imagePullSecrets: [{name: a}, {name: a}]", 'spec.imagePullSecrets[1].name: duplicate name "a"'],
  [
    "containers: [{name: a, resources: {limits: {memory: 100m}}}]",
    'spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer',
  ],
  [
    "containers: [{name: a, env: [{name: X, value: a}, {name: X, value: $(X)b}, {name: X, value: c}]}]",
    'spec.containers[0].env[2]: hides previous definition of "X", which may be dropped when using apply',
  ],
  [
    "containers: [{name: a, ports: [{containerPort: 80}]}, {name: b, ports: [{containerPort: 80, hostPort: 8}]}]",
    "spec.containers[1].ports[0]: overlapping port definition with spec.containers[0].ports[0]",
  ],
  [
    "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: x}]}}",
    "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod",
  ],
];

for (const [text, ...warnings] of cases)
  test(`warnings of ${text}`, () => deepEqual(warningsOf(pod(text), undefined), warnings));

test("a pod that is changed is not warned of again", () => {
  const old = pod("volumes: [{name: v, flocker: {}}]");
  deepEqual(warningsOf(old, old), []);
});

const prefix = "container.apparmor.security.beta.kubernetes.io/";
const armors: readonly (readonly [annotation: string, field: string, wanted: object | undefined, warned: boolean])[] = [
  ["runtime/default", "", { type: "RuntimeDefault" }, true],
  ["localhost/x", "", { type: "Localhost", localhostProfile: "x" }, true],
  ["nonsense", "", undefined, true],
  ["unconfined", "appArmorProfile: {type: RuntimeDefault}", { type: "RuntimeDefault" }, false],
];

for (const [annotation, field, wanted, warned] of armors)
  test(`AppArmor annotation ${annotation} beside {${field}}`, () => {
    const told: string[] = [];
    const given = pod(
      `metadata: {annotations: {${prefix}a: ${annotation}}}, containers: [{name: a, securityContext: {${field}}}]`,
    );
    const made = withAppArmorFields(given, (text) => told.push(text))["spec"] as {
      readonly containers: readonly { readonly securityContext: { readonly appArmorProfile?: object } }[];
    };
    deepEqual(made.containers[0]?.securityContext.appArmorProfile, wanted);
    const text = `metadata.annotations[${prefix}a]: deprecated since v1.30; use the "appArmorProfile" field instead`;
    deepEqual(told, warned ? [text] : []);
  });
