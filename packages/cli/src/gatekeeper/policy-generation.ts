import {
  admissionPolicyOf,
  bindingName,
  bindingOf,
  type GatekeeperPolicies,
  isConstraint,
  isTemplate,
  policyName,
} from "@sallyport/constraints";
import type { KubeObject } from "@sallyport/kube";

/** Which templates and constraints become ValidatingAdmissionPolicies and bindings where they do not say so themselves. */
export interface GenerationOptions {
  /** Gatekeeper's `--default-create-vap-for-templates`. */
  readonly templates: boolean;
  /** Gatekeeper's `--default-create-vap-binding-for-constraints`. */
  readonly bindings: boolean;
  /** Wildcards of namespaces that may be left alone by label. */
  readonly exemptNamespaces: readonly string[];
}

/** What is made of templates in CEL and their constraints, as Gatekeeper makes it. */
export class PolicyGeneration {
  readonly #policies: GatekeeperPolicies;
  readonly #options: GenerationOptions;

  constructor(policies: GatekeeperPolicies, options: GenerationOptions) {
    this.#policies = policies;
    this.#options = options;
  }

  /** The policy of a template, or the binding of a constraint. Throws `FrameworkError`. */
  made(object: KubeObject): KubeObject | undefined {
    if (isTemplate(object)) return this.#policyOf(object.metadata.name ?? "");
    if (!isConstraint(object) || this.#policyOf(object.kind.toLowerCase()) === undefined) return undefined;
    return bindingOf(object, this.#options.bindings);
  }

  /** Where what is made of an object lies; undefined for objects that nothing is made of. */
  pathOf(object: KubeObject): string | undefined {
    const { kind, metadata } = object;
    const { name = "" } = metadata;
    if (isTemplate(object)) {
      const isCel = this.#policies.framework
        .template(name)
        ?.code.some(({ engine }) => engine === "K8sNativeValidation");
      return isCel === true ? generatedPath("ValidatingAdmissionPolicy", policyName(name)) : undefined;
    }
    if (!isConstraint(object) || this.#policyOf(kind.toLowerCase()) === undefined) return undefined;
    return generatedPath("ValidatingAdmissionPolicyBinding", bindingName(kind, name));
  }

  #policyOf(name: string): KubeObject | undefined {
    const { framework, configuration } = this.#policies;
    const template = framework.template(name);
    if (template === undefined) return undefined;
    return admissionPolicyOf(template, {
      failurePolicy: "Fail",
      isDefault: this.#options.templates,
      excludedNamespaces: configuration.excludedFrom("webhook"),
      exemptNamespaces: this.#options.exemptNamespaces,
    });
  }
}

const resources: { readonly [kind: string]: string } = {
  ValidatingAdmissionPolicy: "validatingadmissionpolicies",
  ValidatingAdmissionPolicyBinding: "validatingadmissionpolicybindings",
};

export function generatedPath(kind: string, name: string): string {
  return `/apis/admissionregistration.k8s.io/v1/${resources[kind]}/${name}`;
}
