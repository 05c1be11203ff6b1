import type { FieldError, KubeObject } from "@sallyport/kube";

export interface IDRange {
  readonly min: number;
  readonly max: number;
}

/** Of users, groups and SELinux labels: which rule holds, and with which ranges. */
export interface StrategyOptions {
  readonly rule: string;
  readonly ranges?: readonly IDRange[];
}

export interface SELinuxOptions {
  readonly level?: string;
  readonly role?: string;
  readonly type?: string;
  readonly user?: string;
}

/** policy/v1beta1 PodSecurityPolicySpec, as of Kubernetes 1.24. */
export interface PodSecurityPolicySpec {
  readonly privileged?: boolean;
  readonly defaultAddCapabilities?: readonly string[];
  readonly requiredDropCapabilities?: readonly string[];
  readonly allowedCapabilities?: readonly string[];
  readonly volumes?: readonly string[];
  readonly hostNetwork?: boolean;
  readonly hostPorts?: readonly IDRange[];
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly seLinux: { readonly rule: string; readonly seLinuxOptions?: SELinuxOptions };
  readonly runAsUser: StrategyOptions;
  readonly runAsGroup?: StrategyOptions;
  readonly supplementalGroups: StrategyOptions;
  readonly fsGroup: StrategyOptions;
  readonly readOnlyRootFilesystem?: boolean;
  readonly defaultAllowPrivilegeEscalation?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly allowedHostPaths?: readonly { readonly pathPrefix: string; readonly readOnly?: boolean }[];
  readonly allowedFlexVolumes?: readonly { readonly driver: string }[];
  readonly allowedCSIDrivers?: readonly { readonly name: string }[];
  readonly allowedUnsafeSysctls?: readonly string[];
  readonly forbiddenSysctls?: readonly string[];
  readonly allowedProcMountTypes?: readonly string[];
  readonly runtimeClass?: {
    readonly allowedRuntimeClassNames: readonly string[];
    readonly defaultRuntimeClassName?: string;
  };
}

export type Annotations = { readonly [key: string]: string };

/** The rules of a policy. Its annotations say what of seccomp and AppArmor is allowed. */
export interface Rules {
  readonly spec: PodSecurityPolicySpec;
  readonly annotations: Annotations;
}

export function rulesOf(policy: KubeObject): Rules {
  return { spec: policy["spec"] as PodSecurityPolicySpec, annotations: policy.metadata.annotations ?? {} };
}

/** `Invalid value: VALUE: DETAIL`; the value is written as Go prints it. */
export function invalidValue(field: string, value: string, detail = ""): FieldError {
  const message = detail === "" ? `Invalid value: ${value}` : `Invalid value: ${value}: ${detail}`;
  return { field, reason: "FieldValueInvalid", message };
}

/** A list of Go's, printed with %#v. */
export function goList(type: string, items: readonly (string | number)[] | undefined): string {
  return items === undefined || items.length === 0
    ? `[]${type}(nil)`
    : `[]${type}{${items.map((each) => JSON.stringify(each)).join(", ")}}`;
}

/** Ranges as Go prints them with %v. */
export function rangesText(ranges: readonly IDRange[]): string {
  return `[${ranges.map(({ min, max }) => `{${min} ${max}}`).join(" ")}]`;
}

export function isInRanges(id: number, ranges: readonly IDRange[]): boolean {
  return ranges.some(({ min, max }) => id >= min && id <= max);
}
