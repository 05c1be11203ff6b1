import { expressionWarnings } from "@sallyport/admission";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { ownKey, reconciler } from "./reconciler.ts";

const group = "admissionregistration.k8s.io";

/** Says of each ValidatingAdmissionPolicy what of its expressions does not fit to the kinds that it is asked about, once for each of its generations. */
export const validatingAdmissionPolicyStatus: ControllerKind = {
  name: "validatingadmissionpolicy-status-controller",
  alias: "validatingadmissionpolicy-status",
  account: "validatingadmissionpolicy-status-controller",
  create: (context) =>
    reconciler(
      {
        name: validatingAdmissionPolicyStatus.name,
        follows: [
          {
            group,
            resource: "validatingadmissionpolicies",
            keys: (event) => (event.object === undefined ? [] : ownKey(event)),
          },
        ],
        sync: (name) => say(name, context),
      },
      context,
    ),
};

async function say(name: string, { cache, client, catalogue }: ControllerContext): Promise<void> {
  const policy = cache.get(group, "validatingadmissionpolicies", "", name);
  if (policy === undefined) return;
  const { generation = 0 } = policy.metadata;
  const { observedGeneration = 0 } = (policy["status"] ?? {}) as { readonly observedGeneration?: number };
  if (generation <= observedGeneration) return;
  const warnings = expressionWarnings(policy, catalogue);
  const typeChecking = warnings.length === 0 ? {} : { expressionWarnings: warnings };
  const status = { observedGeneration: generation, typeChecking };
  await client.applyStatus(policy, status, "validatingadmissionpolicy-status");
}
