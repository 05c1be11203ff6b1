import type { FieldError, KubeObject } from "@sallyport/kube";
import { validateAppArmor, withDefaultAppArmor } from "./apparmor.ts";
import { validateCapabilities, withDefaultCapabilities } from "./capabilities.ts";
import { defaultGroup, groupFault, validateGroups } from "./groups.ts";
import {
  type Container,
  containerLists,
  containersOf,
  effective,
  type PodSecurityContext,
  type Spec,
  specOf,
} from "./pod.ts";
import { type Annotations, invalidValue, type Rules } from "./policy.ts";
import { validateContainerSeccomp, validatePodSeccomp, withDefaultSeccomp } from "./seccomp.ts";
import { defaultSELinux, seLinuxFault, validateSELinux } from "./selinux.ts";
import { validateSysctls } from "./sysctls.ts";
import { defaultUser, userFault, validateUser } from "./users.ts";
import { validateVolumes } from "./volumes.ts";

/** Why a policy can be asked nothing: a rule lacks what it needs. Undefined when it can. */
export function policyFault({ spec }: Rules): string | undefined {
  return (
    userFault(spec.runAsUser) ??
    groupFault(spec.runAsGroup, "RunAsGroup") ??
    seLinuxFault(spec.seLinux) ??
    groupFault(spec.fsGroup, "FSGroup") ??
    groupFault(spec.supplementalGroups, "SupplementalGroups")
  );
}

/** The pod with the policy's defaults where it says nothing itself. */
export function mutatePod(rules: Rules, pod: KubeObject): KubeObject {
  const { spec } = rules;
  const given = specOf(pod);
  const context = mutatePodContext(rules, given.securityContext);
  let annotations = withDefaultSeccomp(rules.annotations, pod.metadata.annotations ?? {}, context ?? {});
  const lists: { [list: string]: readonly Container[] } = {};
  for (const list of containerLists) {
    const containers = given[list];
    if (containers === undefined) continue;
    lists[list] = containers.map((container) => {
      annotations = withDefaultAppArmor(rules.annotations, annotations, container.name);
      return mutateContainer(rules, context, container);
    });
  }
  const runtimeClassName = given.runtimeClassName ?? spec.runtimeClass?.defaultRuntimeClassName;
  return {
    ...pod,
    metadata: Object.keys(annotations).length === 0 ? pod.metadata : { ...pod.metadata, annotations },
    spec: {
      ...given,
      ...lists,
      ...(context === undefined ? {} : { securityContext: context }),
      ...(runtimeClassName === undefined ? {} : { runtimeClassName }),
    },
  };
}

/** Fields that have a value. */
function known<Fields extends object>(fields: Fields): Partial<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Fields>;
}

/** Without anything to say there is no security context, as before. */
function withKnown<Context extends object>(given: Context | undefined, added: object): Context | undefined {
  const more = known(added);
  return given === undefined && Object.keys(more).length === 0 ? undefined : ({ ...given, ...more } as Context);
}

function mutatePodContext({ spec }: Rules, given: PodSecurityContext | undefined): PodSecurityContext | undefined {
  const group = defaultGroup(spec.supplementalGroups);
  return withKnown(given, {
    supplementalGroups: given?.supplementalGroups ?? (group === undefined ? undefined : [group]),
    fsGroup: given?.fsGroup ?? defaultGroup(spec.fsGroup),
    seLinuxOptions: given?.seLinuxOptions ?? defaultSELinux(spec.seLinux),
  });
}

function mutateContainer({ spec }: Rules, pod: PodSecurityContext | undefined, container: Container): Container {
  const own = container.securityContext;
  const has = effective(pod, own);
  const runAsUser = has.runAsUser ?? defaultUser(spec.runAsUser);
  const allowed = spec.allowPrivilegeEscalation ?? true;
  const added = known({
    // What comes from the pod is not written to the container.
    runAsUser: has.runAsUser === undefined ? runAsUser : own?.runAsUser,
    runAsGroup: has.runAsGroup === undefined ? defaultGroup(spec.runAsGroup) : own?.runAsGroup,
    seLinuxOptions: has.seLinuxOptions === undefined ? defaultSELinux(spec.seLinux) : own?.seLinuxOptions,
    runAsNonRoot:
      has.runAsNonRoot === undefined && runAsUser === undefined && spec.runAsUser.rule === "MustRunAsNonRoot"
        ? true
        : own?.runAsNonRoot,
    capabilities: withDefaultCapabilities(spec, own?.capabilities),
    readOnlyRootFilesystem: own?.readOnlyRootFilesystem ?? (spec.readOnlyRootFilesystem === true ? true : undefined),
    allowPrivilegeEscalation:
      own?.allowPrivilegeEscalation ?? spec.defaultAllowPrivilegeEscalation ?? (allowed ? undefined : false),
  });
  const securityContext = withKnown(own, added);
  return securityContext === undefined ? container : { ...container, securityContext };
}

/** What a policy has against a pod, in upstream's order. */
export function validatePod(rules: Rules, pod: KubeObject): readonly FieldError[] {
  const { spec: policy, annotations: allowed } = rules;
  const spec = specOf(pod);
  const context = spec.securityContext ?? {};
  const annotations = pod.metadata.annotations ?? {};
  const path = "spec.securityContext";
  return [
    ...validateGroups(policy.fsGroup, context.fsGroup === undefined ? [] : [context.fsGroup], `${path}.fsGroup`),
    ...validateGroups(policy.supplementalGroups, context.supplementalGroups, `${path}.supplementalGroups`),
    ...validatePodSeccomp(allowed, annotations, context),
    ...validateSELinux(policy.seLinux, context.seLinuxOptions, `${path}.seLinuxOptions`),
    ...hostFaults(rules, spec, path),
    ...validateSysctls(policy, context),
    ...validateVolumes(policy, spec),
    ...validateRuntimeClass(rules, spec),
    ...containersOf(spec).flatMap(([container, place]) =>
      validateContainer(rules, annotations, context, container, place),
    ),
  ];
}

const hostFields = { hostNetwork: "network", hostPID: "PID", hostIPC: "IPC" } as const;

function hostFaults({ spec: policy }: Rules, spec: Spec, path: string): readonly FieldError[] {
  return Object.entries(hostFields).flatMap(([name, what]) => {
    const field = name as keyof typeof hostFields;
    return spec[field] === true && policy[field] !== true
      ? [invalidValue(`${path}.${field}`, "true", `Host ${what} is not allowed to be used`)]
      : [];
  });
}

function validateRuntimeClass({ spec }: Rules, { runtimeClassName: name }: Spec): readonly FieldError[] {
  const names = spec.runtimeClass?.allowedRuntimeClassNames ?? [];
  if (spec.runtimeClass === undefined || name === undefined || names.includes("*") || names.includes(name)) return [];
  return [invalidValue("spec.runtimeClassName", JSON.stringify(name))];
}

function validateContainer(
  { spec, annotations: allowed }: Rules,
  annotations: Annotations,
  pod: PodSecurityContext,
  container: Container,
  place: string,
): readonly FieldError[] {
  const has = effective(pod, container.securityContext);
  const path = `${place}.securityContext`;
  const procMount = has.procMount ?? "Default";
  const procMounts = spec.allowedProcMountTypes ?? [];
  return [
    ...validateUser(spec.runAsUser, has, path),
    ...validateGroups(spec.runAsGroup, has.runAsGroup === undefined ? [] : [has.runAsGroup], path),
    ...validateSELinux(spec.seLinux, has.seLinuxOptions, `${path}.seLinuxOptions`),
    ...validateAppArmor(allowed, annotations, container.name),
    ...validateContainerSeccomp(allowed, annotations, pod, container),
    ...(spec.privileged !== true && has.privileged === true
      ? [invalidValue(`${path}.privileged`, "true", "Privileged containers are not allowed")]
      : []),
    ...((procMounts.length === 0 ? ["Default"] : procMounts).includes(procMount)
      ? []
      : [invalidValue(`${path}.procMount`, JSON.stringify(procMount), "ProcMountType is not allowed")]),
    ...validateCapabilities(spec, has.capabilities, `${path}.capabilities`),
    ...hostPortFaults(spec.hostPorts ?? [], container, place),
    ...readOnlyFaults(spec.readOnlyRootFilesystem === true, has.readOnlyRootFilesystem, path),
    ...escalationFaults(spec.allowPrivilegeEscalation ?? true, has.allowPrivilegeEscalation, path),
  ];
}

function hostPortFaults(
  ranges: NonNullable<Rules["spec"]["hostPorts"]>,
  { ports = [] }: Container,
  place: string,
): readonly FieldError[] {
  const text = ranges.map(({ min, max }) => (min === max ? min : `${min}-${max}`)).join(",");
  return ports.flatMap(({ hostPort = 0 }) =>
    hostPort > 0 && !ranges.some(({ min, max }) => hostPort >= min && hostPort <= max)
      ? [
          invalidValue(
            `${place}.hostPort`,
            String(hostPort),
            `Host port ${hostPort} is not allowed to be used. Allowed ports: [${text}]`,
          ),
        ]
      : [],
  );
}

function readOnlyFaults(isWanted: boolean, given: boolean | undefined, path: string): readonly FieldError[] {
  if (!isWanted || given === true) return [];
  const field = `${path}.readOnlyRootFilesystem`;
  return given === undefined
    ? [invalidValue(field, '"null"', "ReadOnlyRootFilesystem may not be nil and must be set to true")]
    : [invalidValue(field, "false", "ReadOnlyRootFilesystem must be set to true")];
}

function escalationFaults(isAllowed: boolean, given: boolean | undefined, path: string): readonly FieldError[] {
  if (isAllowed || given === false) return [];
  const value = given === undefined ? '"null"' : "true";
  const detail = "Allowing privilege escalation for containers is not allowed";
  return [invalidValue(`${path}.allowPrivilegeEscalation`, value, detail)];
}
