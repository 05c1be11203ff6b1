import { allowed, type Check, type CheckPod, verdict } from "../check.ts";
import { containersOf, named, quoteAll } from "../pod.ts";

const defaultOnly: CheckPod = (_metadata, spec) => {
  const bad = containersOf(spec).filter(
    ({ container }) => (container.securityContext?.procMount ?? "Default") !== "Default",
  );
  const types = new Set(bad.map(({ container }) => container.securityContext?.procMount as string));
  const detail = `${named(
    "container",
    bad.map(({ container }) => container.name),
  )} must not set securityContext.procMount to ${quoteAll([...types].sort())}`;
  return verdict(
    "procMount",
    detail,
    bad.map(({ path }) => `${path}.securityContext.procMount`),
  );
};

/** procMount: `securityContext.procMount` must be Default; since 1.35 anything goes in a user namespace. */
export const procMount: Check = {
  id: "procMount",
  level: "baseline",
  versions: [
    { minor: 0, check: defaultOnly },
    { minor: 35, check: (metadata, spec) => (spec.hostUsers === false ? allowed : defaultOnly(metadata, spec)) },
  ],
};

/** procMount_restricted (1.35): Default, also in a user namespace. */
export const procMountRestricted: Check = {
  id: "procMount_restricted",
  level: "restricted",
  versions: [{ minor: 35, check: defaultOnly, overrides: ["procMount"] }],
};
