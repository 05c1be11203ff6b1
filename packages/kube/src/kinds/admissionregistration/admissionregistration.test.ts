import { type Refusal, testRefusals } from "../refusals.fixture.ts";

const rule = 'rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]';
const rest = "name: a.b.c, sideEffects: None, admissionReviewVersions: [v1]";
const url = 'clientConfig: {url: "https://x/y"}';
const good = `webhooks: [{${rest}, ${url}, ${rule}}]`;
const at = "webhooks[0]";
const hook = (fields: string, ...refused: string[]): Refusal => [good, `webhooks: [{${fields}}]`, ...refused];

const match = `matchConstraints: {resourceR${rule.slice(1)}}`;
const policy = (fields: string) => `spec: {${match}, ${fields}}`;
const fine = policy("validations: [{expression: 'true'}]");
const idle = "Required value: validations or auditAnnotations must contain at least one item";
const mutating = `spec: {${match}, reinvocationPolicy: Never, mutations: [{patchType: JSONPatch, jsonPatch: {expression: "[]"}}]}`;
const binding = "spec: {policyName: a, validationActions: [Deny]}";

testRefusals("admissionregistration.k8s.io/v1", {
  ValidatingWebhookConfiguration: [
    hook(`${rest}, ${rule}`, `${at}.clientConfig: Required value: exactly one of url or service is required`),
    hook(
      `${rest}, ${rule}, clientConfig: {url: ftp}`,
      `${at}.clientConfig.url: Invalid value: "": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      `${at}.clientConfig.url: Invalid value: "": host must be specified; desired format: https://host[/path]`,
    ),
    hook(
      `${rest.replace("a.b.c", "a")}, ${rule}, ${url}`,
      `${at}.name: Invalid value: "a": should be a domain with at least three segments separated by dots`,
    ),
    hook(
      `${rest}, ${url}, rules: [{}]`,
      ...["operations", "apiGroups", "apiVersions", "resources"].map(
        (name) => `${at}.rules[0].${name}: Required value`,
      ),
    ),
    hook(
      `${rest}, ${url}, ${rule}, timeoutSeconds: 31`,
      `${at}.timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds`,
    ),
    hook(
      `name: a.b.c, ${url}, ${rule}`,
      `${at}.sideEffects: Required value: must specify one of None, NoneOnDryRun`,
      `${at}.admissionReviewVersions: Required value: must specify one of v1, v1beta1`,
    ),
  ],
  MutatingWebhookConfiguration: [
    hook(
      `${rest}, ${url}, ${rule}, reinvocationPolicy: X`,
      `${at}.reinvocationPolicy: Unsupported value: "X": supported values: "IfNeeded", "Never"`,
    ),
    hook(
      `${rest.replace("[v1]", "[v1, v1]")}, ${url}, ${rule}`,
      `${at}.admissionReviewVersions[1]: Invalid value: "v1": duplicate version`,
    ),
    hook(
      `${rest}, ${rule}, clientConfig: {service: {name: s, namespace: n, path: x}}`,
      `${at}.clientConfig.service.path: Invalid value: "x": must start with a '/'`,
      `${at}.clientConfig.service.path: Invalid value: "x": segment[0] may not be empty`,
    ),
  ],
  ValidatingAdmissionPolicy: [
    [
      fine,
      fine.replace("resources: [pods]", "resources: [pods], resourceNames: [a/b]"),
      "spec.matchConstraints.resourceRules[0].resourceNames[0]: Invalid value: \"a/b\": may not contain '/'",
    ],
    [
      fine,
      "spec: {}",
      "spec.matchConstraints: Required value",
      `spec.validations: ${idle}`,
      `spec.auditAnnotations: ${idle}`,
    ],
    [
      fine,
      policy("validations: [{expression: '', reason: X}]"),
      "spec.validations[0].expression: Required value: expression is not specified",
      'spec.validations[0].reason: Unsupported value: "X": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
    ],
  ],
  MutatingAdmissionPolicy: [
    [
      mutating,
      mutating.replace("CREATE", "DELETE"),
      'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
    ],
    [
      mutating,
      "spec: {}",
      "spec.matchConstraints: Required value",
      "spec.mutations: Required value: mutations must contain at least one item",
      "spec.reinvocationPolicy: Required value",
    ],
    [
      mutating,
      `spec: {${match}, reinvocationPolicy: X, mutations: [{}, {patchType: JSONPatch, applyConfiguration: {expression: a}}]}`,
      "spec.mutations[0].patchType: Required value",
      "spec.mutations[1].jsonPatch: Required value: must be specified when patchType is JSONPatch",
      'spec.mutations[1].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch',
      'spec.reinvocationPolicy: Unsupported value: "X": supported values: "IfNeeded", "Never"',
    ],
    [
      mutating,
      mutating.replace("mutations:", "variables: [{name: in, expression: ' '}], mutations:"),
      'spec.variables[0].name: Invalid value: "in": must be a valid CEL identifier',
      "spec.variables[0].expression: Required value: expression is not specified",
    ],
  ],
  MutatingAdmissionPolicyBinding: [
    ["spec: {policyName: a}", "spec: {}", "spec.policyName: Required value"],
    [
      "spec: {policyName: a}",
      `spec: {policyName: a, ${match.replace("matchConstraints", "matchResources").replace("CREATE", "DELETE")}}`,
      'spec.matchResources.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
    ],
  ],
  ValidatingAdmissionPolicyBinding: [
    [binding, "spec: {}", "spec.policyName: Required value", "spec.validationActions: Required value"],
    [
      binding,
      "spec: {policyName: a, validationActions: [X]}",
      'spec.validationActions[0]: Unsupported value: "X": supported values: "Audit", "Deny", "Warn"',
    ],
    [
      binding,
      "spec: {policyName: a, validationActions: [Deny], paramRef: {}}",
      "spec.paramRef: Required value: one of name or selector must be specified",
      "spec.paramRef.parameterNotFoundAction: Required value",
    ],
  ],
});
