import type { KubeObject } from "@sallyport/kube";
import { namespace, pod } from "../admission.fixture.ts";
import type { Deciding, PolicyFixture } from "./policies.fixture.ts";

const invalid = (message: string, name = "p") =>
  `pods "p" is forbidden: ValidatingAdmissionPolicy '${name}' with binding '${name}-0' denied request: ${message}`;

const configMap = (name: string, data: object, labels = {}, space = "default"): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace: space, name, labels },
  data,
});
const limits = { apiVersion: "v1", kind: "ConfigMap" };
const never = { expression: "false" };
/** More than a policy may cost. */
const costly = "[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, object.metadata.labels.all(k, k == k)))";
const labels = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`l${i}`, "x"]));

/** What ValidatingAdmissionPolicies decide about an object; kube-apiserver is asked the same by the differential run. */
export interface ValidatingCase extends Deciding {
  readonly policies: readonly PolicyFixture[];
  /** It depends on the order of policies, which is by name here and left open upstream. */
  readonly isOrdered?: boolean;
  readonly object?: KubeObject;
  /** The refusal; undefined where it is allowed. */
  readonly denied?: string;
  readonly code?: number;
  readonly warnings?: readonly string[];
  readonly annotations?: object;
}

const one = (...validations: readonly object[]) => [{ validations }];

export const validatingCases: { readonly [name: string]: ValidatingCase } = {
  "a validation that holds": { policies: one({ expression: "object.spec.containers.size() == 1" }) },
  "one that does not tells itself": {
    policies: one({ expression: " object.spec.containers.size() > 1 " }),
    denied: invalid("failed expression: object.spec.containers.size() > 1"),
    code: 422,
  },
  "a message": { policies: one({ ...never, message: " no way " }), denied: invalid("no way") },
  "a message that is made": {
    policies: one({ ...never, message: "unused", messageExpression: "'not ' + object.metadata.name" }),
    denied: invalid("not p"),
  },
  "a message that fails falls back": {
    policies: one({ ...never, message: "plain", messageExpression: "string(object.missing)" }),
    denied: invalid("plain"),
  },
  "a message of spaces falls back": {
    policies: one({ ...never, messageExpression: "'  '" }),
    denied: invalid("failed expression: false"),
  },
  "a message that is too long falls back": {
    policies: one({ ...never, message: "plain", messageExpression: "string(object.metadata.annotations.long)" }),
    object: pod({}, { annotations: { long: "x".repeat(6000) } }),
    denied: invalid("plain"),
  },
  "a reason": { policies: one({ ...never, message: "no", reason: "Forbidden" }), denied: invalid("no"), code: 403 },
  "the first finding is told": {
    policies: one({ ...never, message: "one" }, { ...never, message: "two" }),
    denied: invalid("one"),
  },
  "policies are asked by name": {
    isOrdered: true,
    policies: [
      { name: "b", validations: [never] },
      { name: "a", validations: [never] },
    ],
    denied: invalid("failed expression: false", "a"),
  },
  "an error refuses": {
    policies: one({ expression: "object.spec.missing == 1" }),
    denied: invalid("expression 'object.spec.missing == 1' resulted in error: no such key: missing"),
  },
  "an error with failurePolicy Ignore": {
    policies: [{ failurePolicy: "Ignore", validations: [{ expression: "object.spec.missing == 1" }] }],
  },
  "failurePolicy Ignore refuses what is false": {
    policies: [{ failurePolicy: "Ignore", validations: [never] }],
    denied: invalid("failed expression: false"),
  },
  "an expression that does not compile": {
    policies: one({ expression: "1 +" }),
    denied: invalid(
      "compilation error: compilation failed: ERROR: <input>:1:4: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | 1 +\n | ...^",
    ),
  },
  "an expression of another type": {
    policies: one({ expression: "'x'" }),
    denied: invalid("compilation error: must evaluate to bool but got string"),
  },
  "no binding, no policy": { policies: [{ validations: [never], bindings: [] }] },
  "rules of another resource": {
    policies: [
      {
        matchConstraints: {
          resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["services"], operations: ["*"] }],
        },
        validations: [never],
      },
    ],
  },
  "a binding that selects another namespace": {
    policies: [
      { validations: [never], bindings: [{ matchResources: { namespaceSelector: { matchLabels: { team: "b" } } } }] },
    ],
  },
  "a binding that selects the namespace": {
    policies: [
      { validations: [never], bindings: [{ matchResources: { namespaceSelector: { matchLabels: { team: "a" } } } }] },
    ],
    denied: invalid("failed expression: false"),
  },
  "a match condition that does not hold": {
    policies: [{ matchConditions: [{ name: "c", expression: "request.operation == 'UPDATE'" }], validations: [never] }],
  },
  "a match condition that fails": {
    policies: [{ matchConditions: [{ name: "c", expression: "object.missing == 1" }], validations: [never] }],
    denied: invalid("expression 'object.missing == 1' resulted in error: no such key: missing"),
  },
  "a match condition that fails, ignored": {
    policies: [
      {
        failurePolicy: "Ignore",
        matchConditions: [{ name: "c", expression: "object.missing == 1" }],
        validations: [never],
      },
    ],
  },
  "match conditions see no namespace": {
    policies: [{ matchConditions: [{ name: "c", expression: "namespaceObject == null" }], validations: [never] }],
    denied: invalid("failed expression: false"),
  },
  "the namespace": {
    policies: one({
      ...never,
      messageExpression: "namespaceObject.metadata.labels.team + ' ' + namespaceObject.metadata.name",
    }),
    denied: invalid("a default"),
  },
  "no namespace of a namespace": {
    policies: [
      {
        matchConstraints: {
          resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["namespaces"], operations: ["*"] }],
        },
        validations: [{ expression: "namespaceObject == null" }],
      },
    ],
    object: namespace("default"),
  },
  "variables use each other": {
    policies: [
      {
        variables: [
          { name: "images", expression: "object.spec.containers.map(c, c.image)" },
          { name: "bad", expression: "variables.images.filter(i, i != 'y')" },
        ],
        validations: [
          { expression: "variables.bad.size() == 0", messageExpression: "'bad: ' + variables.bad.join(', ')" },
        ],
      },
    ],
    denied: invalid("bad: x"),
  },
  "a variable that fails": {
    policies: [
      { variables: [{ name: "v", expression: "object.missing" }], validations: [{ expression: "variables.v == 1" }] },
    ],
    denied: invalid(
      `expression 'variables.v == 1' resulted in error: composited variable "v" fails to evaluate: no such key: missing`,
    ),
  },
  "a variable that does not compile": {
    policies: [{ variables: [{ name: "v", expression: "nope" }], validations: [{ expression: "variables.v == 1" }] }],
    denied: invalid(
      `expression 'variables.v == 1' resulted in error: composited variable "v" fails to compile: compilation failed: ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')\n | nope\n | ^`,
    ),
  },
  "the user": {
    policies: one({ ...never, messageExpression: "request.userInfo.username + ' of ' + request.resource.resource" }),
    denied: invalid("jane of pods"),
  },
  "the old object": {
    operation: "UPDATE",
    old: pod({ nodeName: "n" }),
    policies: one({ expression: "has(object.spec.nodeName) || !has(oldObject.spec.nodeName)", message: "lost" }),
    denied: invalid("lost"),
  },
  "the authorizer, which answers later": {
    policies: one({
      expression: "authorizer.group('').resource('secrets').namespace('default').check('get').allowed()",
      message: "may not",
    }),
    snapshot: { authorizer: { authorize: async ({ verb }) => ({ allowed: verb !== "get", reason: "" }) } },
    denied: invalid("may not"),
  },
  "the authorizer about the request": {
    policies: one({ expression: "authorizer.requestResource.check('custom').reason() == 'pods p'" }),
    snapshot: {
      authorizer: { authorize: ({ resource, name }) => ({ allowed: false, reason: `${resource} ${name}` }) },
    },
  },
  "parameters by name": {
    policies: [
      {
        paramKind: limits,
        validations: [{ expression: "object.spec.containers.size() <= int(params.data.max)", message: "too many" }],
        bindings: [{ paramRef: { name: "max", parameterNotFoundAction: "Deny" } }],
      },
    ],
    objects: [configMap("max", { max: "0" })],
    denied: invalid("too many"),
  },
  "parameters by labels, each asked": {
    policies: [
      {
        paramKind: limits,
        validations: [{ expression: "params.data.ok == 'true'", messageExpression: "string(params.metadata.name)" }],
        bindings: [{ paramRef: { selector: { matchLabels: { x: "y" } }, parameterNotFoundAction: "Allow" } }],
      },
    ],
    objects: [
      configMap("a", { ok: "true" }, { x: "y" }),
      configMap("b", { ok: "false" }, { x: "y" }),
      configMap("c", { ok: "false" }),
      configMap("d", { ok: "false" }, { x: "y" }, "other"),
    ],
    denied: invalid("b"),
  },
  "parameters of another namespace": {
    policies: [
      {
        paramKind: limits,
        validations: [{ expression: "false", messageExpression: "string(params.data.at)" }],
        bindings: [{ paramRef: { name: "max", namespace: "other", parameterNotFoundAction: "Deny" } }],
      },
    ],
    objects: [configMap("max", { at: "elsewhere" }, {}, "other")],
    denied: invalid("elsewhere"),
  },
  "parameters that are missing": {
    policies: [
      {
        paramKind: limits,
        validations: [never],
        bindings: [{ paramRef: { name: "max", parameterNotFoundAction: "Deny" } }],
      },
    ],
    denied: invalid(
      "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction",
    ),
  },
  "parameters that may be missing": {
    policies: [
      {
        paramKind: limits,
        validations: [never],
        bindings: [{ paramRef: { name: "max", parameterNotFoundAction: "Allow" } }],
      },
    ],
  },
  "a binding without parameters": {
    policies: [{ paramKind: limits, validations: [{ expression: "params != null", message: "none" }] }],
    denied: invalid("none"),
  },
  "parameters of an unknown kind": {
    policies: [{ paramKind: { apiVersion: "x.io/v1", kind: "Limit" }, validations: [never] }],
    denied:
      "pods \"p\" is forbidden: ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: failed to find resource referenced by paramKind: 'x.io/v1, Kind=Limit'",
  },
  "Warn and Audit": {
    policies: [{ validations: [{ ...never, message: "a < b" }], bindings: [{ validationActions: ["Warn", "Audit"] }] }],
    warnings: ["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'p-0': a < b"],
    annotations: {
      "validation.policy.admission.k8s.io/validation_failure":
        '[{"message":"a \\u003c b","policy":"p","binding":"p-0","expressionIndex":0,"validationActions":["Warn","Audit"]}]',
    },
  },
  "audit annotations": {
    policies: [
      {
        auditAnnotations: [
          { key: "name", valueExpression: "' ' + object.metadata.name" },
          { key: "none", valueExpression: "null" },
        ],
        bindings: [{}, {}],
      },
    ],
    annotations: { "p/name": "p" },
  },
  "an audit annotation that fails": {
    policies: [{ auditAnnotations: [{ key: "k", valueExpression: "string(object.missing)" }] }],
    denied: invalid("expression 'string(object.missing)' resulted in error: no such key: missing"),
  },
  "an audit annotation of another type": {
    policies: [{ auditAnnotations: [{ key: "k", valueExpression: "1" }] }],
    denied: invalid("compilation error: must evaluate to one of [string null_type] but got int"),
  },
  "an expression that costs too much": {
    policies: one({ expression: costly }),
    object: pod({}, { labels: { ...labels, ...Object.fromEntries(Object.keys(labels).map((k) => [`m${k}`, ""])) } }),
    denied: invalid(`expression '${costly}' resulted in error: operation cancelled: actual cost limit exceeded`),
  },
  "expressions that together cost too much": {
    policies: one(...Array.from({ length: 30 }, () => ({ expression: costly }))),
    object: pod({}, { labels }),
    denied: invalid("validation failed due to running out of cost budget, no further validation rules will be run"),
  },
};
