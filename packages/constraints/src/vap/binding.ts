import type { KubeObject } from "@sallyport/kube";
import { actionsAt, enforcementOf } from "../enforcement.ts";
import { FrameworkError } from "../fault.ts";
import { nested } from "../fields.ts";
import { policyName } from "./policy.ts";

const actions: { readonly [action: string]: string } = { deny: "Deny", warn: "Warn", dryrun: "Audit" };

/**
 * The binding of a constraint to its template's policy; undefined where the constraint is not enforced there: a scoped one must name
 * `vap.k8s.io`, all others are as `isDefault` says. Throws `FrameworkError`.
 */
export function bindingOf(constraint: KubeObject, isDefault: boolean): KubeObject | undefined {
  const enforcement = enforcementOf(constraint);
  const isScoped = enforcement.action === "scoped";
  const wanted = isScoped ? actionsAt(enforcement, "vap.k8s.io") : isDefault ? [enforcement.action] : undefined;
  if (wanted === undefined) return undefined;
  const { kind, metadata } = constraint;
  const match = (field: string) => nested(constraint, "spec", "match", field);
  const [objectSelector, namespaceSelector] = [match("labelSelector"), match("namespaceSelector")];
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: bindingName(kind, metadata.name ?? "") },
    spec: {
      matchResources: {
        ...(namespaceSelector === undefined ? {} : { namespaceSelector }),
        ...(objectSelector === undefined ? {} : { objectSelector }),
      },
      paramRef: { name: metadata.name ?? "", parameterNotFoundAction: "Allow" },
      policyName: policyName(kind),
      validationActions: wanted.map(validationAction),
    },
  } as KubeObject;
}

/** At most 138 characters: both names have no more than 63. */
export function bindingName(kind: string, constraint: string): string {
  return `gatekeeper-${kind.toLowerCase()}-${constraint}`;
}

function validationAction(action: string): string {
  const found = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (found !== undefined) return found;
  throw new FrameworkError(
    "constraint",
    `invalid enforcement action: unrecognized enforcement action ${action}, must be \`warn\`, \`deny\` or \`dryrun\``,
  );
}
