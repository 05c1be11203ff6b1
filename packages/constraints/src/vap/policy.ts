import type { KubeObject } from "@sallyport/kube";
import { ownVariables } from "../engines/cel.ts";
import { type FailurePolicy, readCelSource } from "../engines/cel-source.ts";
import { constraintGroup } from "../template/definition.ts";
import type { Template } from "../template/template.ts";
import { excludedCondition, exemptedCondition, matchConditions } from "./match-conditions.ts";

export interface PolicyOptions {
  /** Of templates that have none. */
  readonly failurePolicy: FailurePolicy;
  /** What becomes of templates that do not say whether they want a policy. Gatekeeper's `--default-create-vap-for-templates`. */
  readonly isDefault: boolean;
  /** Wildcards of namespaces that a Config excludes from the webhook. */
  readonly excludedNamespaces?: readonly string[];
  /** Wildcards of namespaces that may be left alone by label. */
  readonly exemptNamespaces?: readonly string[];
}

/** `*` stands for all. */
const operations = ["CREATE", "UPDATE", "DELETE", "CONNECT"];

/**
 * The ValidatingAdmissionPolicy of a template in CEL, whose constraints are its parameters; undefined where the template has no CEL, or
 * wants none. Throws `FrameworkError`. https://open-policy-agent.github.io/gatekeeper/website/docs/validating-admission-policy
 */
export function admissionPolicyOf(template: Template, options: PolicyOptions): KubeObject | undefined {
  const code = template.code.find(({ engine }) => engine === "K8sNativeValidation");
  if (code === undefined) return undefined;
  const source = readCelSource(code.source, options.failurePolicy);
  if (!(source.generateVAP ?? options.isDefault)) return undefined;
  const { excludedNamespaces = [], exemptNamespaces = [] } = options;
  const spec = {
    failurePolicy: source.failurePolicy,
    matchConditions: [
      ...source.matchConditions,
      ...matchConditions,
      ...(excludedNamespaces.length === 0 ? [] : [excludedCondition(excludedNamespaces)]),
      ...(exemptNamespaces.length === 0 ? [] : [exemptedCondition(exemptNamespaces)]),
    ],
    matchConstraints: {
      resourceRules: [
        { apiGroups: ["*"], apiVersions: ["*"], operations: operationsOf(template), resources: ["*"], scope: "*" },
      ],
    },
    paramKind: { apiVersion: `${constraintGroup}/v1beta1`, kind: template.kind },
    validations: source.validations,
    variables: [...ownVariables, ...source.variables],
  };
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: policyName(template.name) },
    spec,
  } as KubeObject;
}

/** `kind` in any case. */
export function policyName(kind: string): string {
  return `gatekeeper-${kind.toLowerCase()}`;
}

function operationsOf({ operations: given }: Template): readonly string[] {
  if (given.length === 0) return ["CREATE", "UPDATE"];
  return given.includes("*") ? operations : operations.filter((each) => given.includes(each));
}
