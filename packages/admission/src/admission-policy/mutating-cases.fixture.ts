import type { KubeObject } from "@sallyport/kube";
import type { Deciding, PolicyFixture } from "./policies.fixture.ts";

const refusal = (message: string) => `policy 'p' with binding 'p-0' denied request: ${message}`;
export const applying = (expression: string, rest: object = {}): PolicyFixture => ({
  kind: "Mutating",
  mutations: [{ patchType: "ApplyConfiguration", applyConfiguration: { expression } }],
  ...rest,
});
const patch = (expression: string, rest: object = {}): PolicyFixture => ({
  kind: "Mutating",
  mutations: [{ patchType: "JSONPatch", jsonPatch: { expression } }],
  ...rest,
});
const addLabel = (name: string, value: string, rest: object = {}) =>
  applying(`Object{metadata: Object.metadata{labels: {'${name}': '${value}'}}}`, rest);

/** What a container has when it leaves the plugin. */
const defaults = {
  imagePullPolicy: "Always",
  resources: {},
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
};

/** What MutatingAdmissionPolicies make of a pod; kube-apiserver is asked the same by the differential run. */
export interface MutatingCase extends Deciding {
  readonly policies: readonly PolicyFixture[];
  /** It depends on the order of policies, which is by name here and left open upstream. */
  readonly isOrdered?: boolean;
  readonly object?: KubeObject;
  /** Of the pod as it comes out. */
  readonly labels?: object;
  readonly spec?: object;
  readonly denied?: string;
}

export const mutatingCases: { readonly [name: string]: MutatingCase } = {
  "a label": { policies: [addLabel("a", "b")], labels: { a: "b" } },
  "a container beside those that are there": {
    policies: [
      applying("Object{spec: Object.spec{containers: [Object.spec.containers{name: 'side', image: 'busybox'}]}}"),
    ],
    spec: {
      containers: [
        { name: "a", image: "x", ...defaults },
        { name: "side", image: "busybox", ...defaults },
      ],
    },
  },
  "a field of a container that is there": {
    policies: [applying("Object{spec: Object.spec{containers: [Object.spec.containers{name: 'a', image: 'z'}]}}")],
    spec: { containers: [{ name: "a", image: "z", ...defaults }] },
  },
  "all containers, with what the object says": {
    policies: [
      applying(
        "Object{spec: Object.spec{containers: object.spec.containers.map(c, Object.spec.containers{name: c.name, image: 'registry/' + c.image})}}",
      ),
    ],
    spec: { containers: [{ name: "a", image: "registry/x", ...defaults }] },
  },
  "an atomic list": {
    policies: [applying("Object{spec: Object.spec{containers: [Object.spec.containers{name: 'a', command: ['sh']}]}}")],
    denied: refusal(
      "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.containers[0].command",
    ),
  },
  "an atomic map": {
    policies: [applying("Object{spec: Object.spec{nodeSelector: {'a': 'b'}}}")],
    denied: refusal(
      "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.nodeSelector",
    ),
  },
  "a field that is none": {
    policies: [applying("Object{spec: Object.spec{hostnetwork: true}}")],
    denied: refusal(
      "error applying patch: failed to convert patch object to typed object: .spec.hostnetwork: field not declared in schema",
    ),
  },
  "a wrong type name": {
    policies: [applying("Object{spec: Object.metadata{}}")],
    denied: refusal(
      'type mismatch: unexpected type name "Object.metadata", expected "Object.spec", which matches field name path from root Object type',
    ),
  },
  "no object": {
    policies: [applying("true")],
    denied: refusal("must evaluate to Object but got bool"),
  },
  "an expression that fails": {
    policies: [applying("Object{metadata: Object.metadata{name: object.missing}}")],
    denied: refusal(
      "expression 'Object{metadata: Object.metadata{name: object.missing}}' resulted in error: no such key: missing",
    ),
  },
  "an expression that fails, ignored": {
    policies: [applying("Object{metadata: Object.metadata{name: object.missing}}", { failurePolicy: "Ignore" })],
  },
  "a patch": {
    policies: [
      patch(
        "[JSONPatch{op: 'add', path: '/metadata/labels', value: {}}, JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b'), value: 'c'}]",
      ),
    ],
    labels: { "a/b": "c" },
  },
  "a patch with a struct": {
    policies: [
      patch(
        "[JSONPatch{op: 'add', path: '/spec/containers/-', value: Object.spec.containers{name: 'b', image: 'y', command: ['sh']}}]",
      ),
    ],
    spec: {
      containers: [
        { name: "a", image: "x", ...defaults },
        { name: "b", image: "y", command: ["sh"], ...defaults },
      ],
    },
  },
  "a patch with a struct of a wrong name": {
    policies: [patch("[JSONPatch{op: 'add', path: '/spec/containers/-', value: Object.a{b: Object.b{c: 1}}}]")],
    denied: refusal(
      'type mismatch: unexpected type name "Object.b", expected "Object.a.b", which matches field name path from root Object type',
    ),
  },
  "a patch whose test fails": {
    policies: [
      patch(
        "[JSONPatch{op: 'test', path: '/spec/containers/0/image', value: 'y'}, JSONPatch{op: 'remove', path: '/spec/containers'}]",
      ),
    ],
    spec: { containers: [{ name: "a", image: "x", ...defaults }] },
  },
  "a patch that does not apply": {
    policies: [patch("[JSONPatch{op: 'add', path: '/spec/no/where', value: 1}]")],
    denied: refusal('JSON Patch: add operation does not apply: doc is missing path: "/spec/no/where": missing value'),
  },
  "a patch with an unknown field": {
    policies: [patch("[JSONPatch{op: 'add', path: '/spec/nowhere', value: 1}]")],
    denied: 'Internal error occurred: strict decoding error: unknown field "spec.nowhere"',
  },
  "no patch": {
    policies: [patch("[1]")],
    denied: refusal("must evaluate to list(JSONPatch) but got list(int)"),
  },
  "mutations in order, variables anew": {
    policies: [
      {
        kind: "Mutating",
        variables: [{ name: "n", expression: "has(object.metadata.labels) ? object.metadata.labels.size() : 0" }],
        mutations: ["a", "b"].map((name) => ({
          patchType: "ApplyConfiguration",
          applyConfiguration: {
            expression: `Object{metadata: Object.metadata{labels: {'${name}': string(variables.n)}}}`,
          },
        })),
      },
    ],
    labels: { a: "0", b: "1" },
  },
  "policies by name, each seeing what those before it changed": {
    isOrdered: true,
    policies: [
      addLabel("b", "2", { name: "b", matchConditions: [{ name: "c", expression: "'a' in object.metadata.labels" }] }),
      addLabel("a", "1", { name: "a" }),
    ],
    labels: { a: "1", b: "2" },
  },
  "one that is called again": {
    isOrdered: true,
    policies: [
      patch(
        "[JSONPatch{op: 'add', path: '/metadata/labels', value: {'count': has(object.metadata.labels) ? string(object.metadata.labels.size()) : 'first'}}]",
        { name: "a", reinvocationPolicy: "IfNeeded" },
      ),
      addLabel("b", "2", { name: "b" }),
    ],
    labels: { count: "2" },
  },
  "one that is not called again": {
    isOrdered: true,
    policies: [
      patch("[JSONPatch{op: 'add', path: '/metadata/labels', value: {'n': string(object.spec.containers.size())}}]", {
        name: "a",
        reinvocationPolicy: "Never",
      }),
      addLabel("b", "2", { name: "b" }),
    ],
    labels: { n: "1", b: "2" },
  },
  parameters: {
    policies: [
      applying("Object{metadata: Object.metadata{labels: {'v': string(params.data.v)}}}", {
        paramKind: { apiVersion: "v1", kind: "ConfigMap" },
        bindings: [{ paramRef: { name: "c", parameterNotFoundAction: "Deny" } }],
      }),
    ],
    objects: [{ apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "default", name: "c" }, data: { v: "1" } }],
    labels: { v: "1" },
  },
  "parameters that are missing": {
    policies: [
      addLabel("a", "b", {
        paramKind: { apiVersion: "v1", kind: "ConfigMap" },
        bindings: [{ paramRef: { name: "c", parameterNotFoundAction: "Deny" } }],
      }),
    ],
    denied: refusal(
      "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction",
    ),
  },
  "a match condition that fails": {
    policies: [addLabel("a", "b", { matchConditions: [{ name: "c", expression: "object.missing == 1" }] })],
    denied: refusal("expression 'object.missing == 1' resulted in error: no such key: missing"),
  },
};
