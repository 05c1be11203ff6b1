import type { SeccompProfile } from "../podsecuritypolicy/pod.ts";
import type { IDRange, Rules, SELinuxOptions } from "../podsecuritypolicy/policy.ts";
import { profileField, seccompKeys } from "../podsecuritypolicy/seccomp.ts";

/** What a PodSecurityPolicy sets on pods that say nothing themselves, and PodSecurity does not. */
export type LostDefault =
  /** Once in a pod: in its spec, or in its security context. */
  | { readonly place: "spec"; readonly field: "runtimeClassName"; readonly value: string }
  | { readonly place: "pod"; readonly field: PodField; readonly value: number | readonly number[] | SELinuxOptions }
  | { readonly place: "pod"; readonly field: "seccompProfile"; readonly value: SeccompProfile }
  /** In each container's security context, unless it or its pod says it. */
  | { readonly place: "inherited"; readonly field: "runAsUser" | "runAsGroup"; readonly value: number }
  | { readonly place: "inherited"; readonly field: "runAsNonRoot"; readonly value: true }
  /** In each container's security context, unless it says it. */
  | { readonly place: "container"; readonly field: ContainerField; readonly value: boolean | SeccompProfile }
  | {
      readonly place: "capabilities";
      readonly field: "capabilities";
      readonly add: readonly string[];
      readonly drop: readonly string[];
    };

type PodField = "supplementalGroups" | "fsGroup" | "seLinuxOptions";
type ContainerField = "readOnlyRootFilesystem" | "allowPrivilegeEscalation" | "appArmorProfile";

/** Annotation of a policy: the AppArmor profile of containers that name none. */
const appArmorDefault = "apparmor.security.beta.kubernetes.io/defaultProfileName";

/** In the order in which the policy sets them. */
export function lostDefaults({ spec, annotations }: Rules): readonly LostDefault[] {
  const add = spec.defaultAddCapabilities ?? [];
  const drop = spec.requiredDropCapabilities ?? [];
  const group = firstOf(spec.supplementalGroups);
  const seLinux = spec.seLinux.rule === "MustRunAs" ? spec.seLinux.seLinuxOptions : undefined;
  const escalation =
    spec.defaultAllowPrivilegeEscalation ?? ((spec.allowPrivilegeEscalation ?? true) ? undefined : false);
  return [
    ...some("pod", "supplementalGroups", group === undefined ? undefined : [group]),
    ...some("pod", "fsGroup", firstOf(spec.fsGroup)),
    ...some("pod", "seLinuxOptions", seLinux),
    ...some("pod", "seccompProfile", profileField(annotations[seccompKeys.default] ?? "")),
    ...some("spec", "runtimeClassName", spec.runtimeClass?.defaultRuntimeClassName || undefined),
    ...some("inherited", "runAsUser", firstOf(spec.runAsUser)),
    ...some("inherited", "runAsGroup", firstOf(spec.runAsGroup)),
    ...some("inherited", "runAsNonRoot", spec.runAsUser.rule === "MustRunAsNonRoot" ? true : undefined),
    ...some("container", "appArmorProfile", profileField(annotations[appArmorDefault] ?? "")),
    ...(add.length + drop.length === 0
      ? []
      : [{ place: "capabilities", field: "capabilities", add, drop } as LostDefault]),
    ...some("container", "readOnlyRootFilesystem", spec.readOnlyRootFilesystem === true ? true : undefined),
    ...some("container", "allowPrivilegeEscalation", escalation),
  ];
}

function some(place: string, field: string, value: unknown): readonly LostDefault[] {
  return value === undefined ? [] : [{ place, field, value } as LostDefault];
}

/** What a strategy sets: the start of its first range. */
function firstOf(
  options: { readonly rule: string; readonly ranges?: readonly IDRange[] } | undefined,
): number | undefined {
  return options?.rule === "MustRunAs" ? options.ranges?.[0]?.min : undefined;
}

/** For people: `containers' runAsUser: 1000`. */
export function defaultText(each: LostDefault): string {
  if (each.place === "capabilities") {
    const parts = [
      ...(each.add.length === 0 ? [] : [`add ${each.add.join(", ")}`]),
      ...(each.drop.length === 0 ? [] : [`drop ${each.drop.join(", ")}`]),
    ];
    return `containers' capabilities: ${parts.join("; ")}`;
  }
  const value = typeof each.value === "string" ? each.value : JSON.stringify(each.value);
  if (each.place === "spec") return `${each.field}: ${value}`;
  return `${each.place === "pod" ? "pods'" : "containers'"} ${each.field}: ${value}`;
}
