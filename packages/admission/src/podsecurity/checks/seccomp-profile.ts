import { allowed, type Check, type CheckPod, verdict } from "../check.ts";
import { containersOf, isWindows, named, quoteAll } from "../pod.ts";

const podAnnotation = "seccomp.security.alpha.kubernetes.io/pod";
const containerPrefix = "container.seccomp.security.alpha.kubernetes.io/";

function isAllowedAnnotation(value: string): boolean {
  return value === "runtime/default" || value === "docker/default" || value.startsWith("localhost/");
}

/** Before 1.19 there were only annotations. */
const byAnnotation: CheckPod = (metadata, spec) => {
  const annotations = metadata.annotations ?? {};
  const names = new Set(containersOf(spec).map(({ container }) => `${containerPrefix}${container.name}`));
  const bad = Object.entries(annotations).filter(
    ([key, value]) => (key === podAnnotation || names.has(key)) && !isAllowedAnnotation(value),
  );
  const detail = `forbidden annotation${bad.length === 1 ? "" : "s"} ${bad
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
    .join(", ")}`;
  return verdict(
    "seccompProfile",
    detail,
    bad.map(([key]) => `metadata.annotations[${key}]`),
  );
};

const isGood = (type: string | undefined): boolean => type === "RuntimeDefault" || type === "Localhost";

const byField: CheckPod = (_metadata, spec) => {
  const types = new Set<string>();
  const isBad = (type: string | undefined) => {
    if (type === undefined || isGood(type)) return false;
    types.add(type);
    return true;
  };
  const pod = isBad(spec.securityContext?.seccompProfile?.type);
  const bad = containersOf(spec).filter(({ container }) => isBad(container.securityContext?.seccompProfile?.type));
  const setters = [
    ...(pod ? ["pod"] : []),
    ...(bad.length === 0
      ? []
      : [
          named(
            "container",
            bad.map(({ container }) => container.name),
          ),
        ]),
  ];
  const fields = [
    ...(pod ? ["spec.securityContext.seccompProfile.type"] : []),
    ...bad.map(({ path }) => `${path}.securityContext.seccompProfile.type`),
  ];
  return verdict(
    "seccompProfile",
    `${setters.join(" and ")} must not set securityContext.seccompProfile.type to ${quoteAll([...types].sort())}`,
    fields,
  );
};

/** seccompProfile_baseline: Unconfined is forbidden. */
export const seccompProfileBaseline: Check = {
  id: "seccompProfile_baseline",
  level: "baseline",
  versions: [
    { minor: 0, check: byAnnotation },
    { minor: 19, check: byField },
  ],
};

/** A profile must be set, by the pod for all or by each container; of what is forbidden only that is told. */
const required: CheckPod = (metadata, spec) => {
  const forbidden = byField(metadata, spec);
  if (!forbidden.allowed || isGood(spec.securityContext?.seccompProfile?.type)) return forbidden;
  const missing = containersOf(spec).filter(
    ({ container }) => container.securityContext?.seccompProfile?.type === undefined,
  );
  if (missing.length === 0) return allowed;
  const detail = `pod or ${named(
    "container",
    missing.map(({ container }) => container.name),
  )} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`;
  const fields = missing.map(({ path }) => `${path}.securityContext.seccompProfile.type`);
  return verdict("seccompProfile", detail, fields);
};

/** seccompProfile_restricted: RuntimeDefault or Localhost must be set; since 1.25 not asked of Windows pods. */
export const seccompProfileRestricted: Check = {
  id: "seccompProfile_restricted",
  level: "restricted",
  versions: [
    { minor: 19, check: required, overrides: ["seccompProfile_baseline"] },
    {
      minor: 25,
      check: (metadata, spec) => (isWindows(spec) ? allowed : required(metadata, spec)),
      overrides: ["seccompProfile_baseline"],
    },
  ],
};
