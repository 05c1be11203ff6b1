import { type FieldError, forbidden, type KubeObject } from "@sallyport/kube";
import { type Container, containerLists, type PodSecurityContext, type SeccompProfile, specOf } from "./pod.ts";
import type { Annotations } from "./policy.ts";

const podKey = "seccomp.security.alpha.kubernetes.io/pod";
const containerPrefix = "container.seccomp.security.alpha.kubernetes.io/";
const defaultKey = "seccomp.security.alpha.kubernetes.io/defaultProfileName";
const allowedKey = "seccomp.security.alpha.kubernetes.io/allowedProfileNames";

/** Annotations of pods, and of policies, that name profiles. */
export const seccompKeys = { pod: podKey, containerPrefix, default: defaultKey, allowed: allowedKey } as const;

/** Two names of the container runtime's own profile. */
const runtimeDefaults = ["runtime/default", "docker/default"];

/** The pod's annotations with the profile that its field names, or else the policy's default. */
export function withDefaultSeccomp(policy: Annotations, pod: Annotations, context: PodSecurityContext): Annotations {
  if (pod[podKey]) return pod;
  const profile = context.seccompProfile === undefined ? policy[defaultKey] : annotationOf(context.seccompProfile);
  return profile ? { ...pod, [podKey]: profile } : pod;
}

/** The annotation that says what a field says. */
function annotationOf({ type, localhostProfile }: SeccompProfile): string {
  if (type === "Unconfined") return "unconfined";
  if (type === "RuntimeDefault") return "runtime/default";
  return type === "Localhost" && localhostProfile !== undefined ? `localhost/${localhostProfile}` : "";
}

/** The field that says what an annotation says, of seccomp or AppArmor; undefined for a profile that there is none of. */
export function profileField(profile: string): SeccompProfile | undefined {
  if (profile === "unconfined") return { type: "Unconfined" };
  if (runtimeDefaults.includes(profile)) return { type: "RuntimeDefault" };
  const [, localhostProfile] = /^localhost\/(.+)$/.exec(profile) ?? [];
  return localhostProfile === undefined ? undefined : { type: "Localhost", localhostProfile };
}

/**
 * A pod whose fields and annotations say the same of seccomp, as Kubernetes 1.24 stored it: policies speak in annotations, and kubelets
 * read the fields.
 */
export function withSeccompInSync(pod: KubeObject): KubeObject {
  const spec = specOf(pod);
  let annotations = pod.metadata.annotations ?? {};
  const synced = <Holder extends { readonly securityContext?: object }>(holder: Holder, key: string): Holder => {
    const { seccompProfile: field } = (holder.securityContext ?? {}) as PodSecurityContext;
    const annotation = annotations[key];
    if (field !== undefined && annotation === undefined) annotations = { ...annotations, [key]: annotationOf(field) };
    const seccompProfile = field === undefined ? profileField(annotation ?? "") : undefined;
    return seccompProfile === undefined
      ? holder
      : { ...holder, securityContext: { ...holder.securityContext, seccompProfile } };
  };
  const whole = synced(spec, podKey);
  const lists = containerLists.flatMap((list) => {
    const containers = spec[list]?.map((each) => synced(each, containerPrefix + each.name));
    return containers === undefined ? [] : [[list, containers]];
  });
  return { ...pod, metadata: { ...pod.metadata, annotations }, spec: { ...whole, ...Object.fromEntries(lists) } };
}

export function validatePodSeccomp(
  policy: Annotations,
  pod: Annotations,
  { seccompProfile }: PodSecurityContext,
): readonly FieldError[] {
  const profile = pod[podKey] || (seccompProfile === undefined ? "" : annotationOf(seccompProfile));
  return validateProfile(policy, profile, podKey);
}

export function validateContainerSeccomp(
  policy: Annotations,
  pod: Annotations,
  context: PodSecurityContext,
  { name, securityContext }: Container,
): readonly FieldError[] {
  const own = securityContext?.seccompProfile;
  const inherited = context.seccompProfile;
  const profile =
    own !== undefined
      ? annotationOf(own)
      : (pod[containerPrefix + name] ?? (inherited === undefined ? pod[podKey] : annotationOf(inherited)) ?? "");
  return validateProfile(policy, profile, containerPrefix + name);
}

function validateProfile(policy: Annotations, profile: string, key: string): readonly FieldError[] {
  const field = `pod.metadata.annotations[${key}]`;
  const text = policy[allowedKey];
  const listed = text === undefined ? [] : text.split(",");
  if (listed.includes("*")) return [];
  const allowed = new Set(listed.flatMap((each) => (runtimeDefaults.includes(each) ? runtimeDefaults : [each])));
  if (allowed.size === 0) return profile === "" ? [] : [forbidden(field, "seccomp may not be set")];
  if (allowed.has(profile)) return [];
  return [forbidden(field, `${profile} is not an allowed seccomp profile. Valid values are ${text}`)];
}
