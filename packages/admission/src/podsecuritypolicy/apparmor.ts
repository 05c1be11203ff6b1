import { type FieldError, forbidden } from "@sallyport/kube";
import type { Annotations } from "./policy.ts";

const prefix = "container.apparmor.security.beta.kubernetes.io/";
const defaultKey = "apparmor.security.beta.kubernetes.io/defaultProfileName";
const allowedKey = "apparmor.security.beta.kubernetes.io/allowedProfileNames";

/** The pod's annotations with the policy's default profile for a container that has none. */
export function withDefaultAppArmor(policy: Annotations, pod: Annotations, container: string): Annotations {
  const profile = policy[defaultKey];
  return pod[prefix + container] || !profile ? pod : { ...pod, [prefix + container]: profile };
}

export function validateAppArmor(policy: Annotations, pod: Annotations, container: string): readonly FieldError[] {
  const allowed = policy[allowedKey];
  if (allowed === undefined) return [];
  const field = `pod.metadata.annotations[${prefix}${container}]`;
  const profile = pod[prefix + container];
  if (!profile) return [forbidden(field, "AppArmor profile must be set")];
  if (allowed.split(",").includes(profile)) return [];
  const detail = `${profile} is not an allowed profile. Allowed values: ${JSON.stringify(allowed)}`;
  return [forbidden(field, detail)];
}
