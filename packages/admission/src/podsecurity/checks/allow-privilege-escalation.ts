import { allowed, type Check, type CheckPod, verdict } from "../check.ts";
import { containersOf, isWindows, named } from "../pod.ts";

const check: CheckPod = (_metadata, spec) => {
  const bad = containersOf(spec).filter(
    ({ container }) => container.securityContext?.allowPrivilegeEscalation !== false,
  );
  const detail = `${named(
    "container",
    bad.map(({ container }) => container.name),
  )} must set securityContext.allowPrivilegeEscalation=false`;
  return verdict(
    "allowPrivilegeEscalation != false",
    detail,
    bad.map(({ path }) => `${path}.securityContext.allowPrivilegeEscalation`),
  );
};

/** allowPrivilegeEscalation: must be false in every container; since 1.25 not asked of Windows pods. */
export const allowPrivilegeEscalation: Check = {
  id: "allowPrivilegeEscalation",
  level: "restricted",
  versions: [
    { minor: 8, check },
    { minor: 25, check: (metadata, spec) => (isWindows(spec) ? allowed : check(metadata, spec)) },
  ],
};
