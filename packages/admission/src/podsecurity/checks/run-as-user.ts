import { allowed, type Check, type CheckPod, verdict } from "../check.ts";
import { containersOf, named } from "../pod.ts";

const check: CheckPod = (_metadata, spec) => {
  const pod = spec.securityContext?.runAsUser === 0;
  const bad = containersOf(spec).filter(({ container }) => container.securityContext?.runAsUser === 0);
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
    ...(pod ? ["spec.securityContext.runAsUser"] : []),
    ...bad.map(({ path }) => `${path}.securityContext.runAsUser`),
  ];
  return verdict("runAsUser=0", `${setters.join(" and ")} must not set runAsUser=0`, fields);
};

/** runAsUser: must not be 0; since 1.35 anything goes in a user namespace. */
export const runAsUser: Check = {
  id: "runAsUser",
  level: "restricted",
  versions: [
    { minor: 23, check },
    { minor: 35, check: (metadata, spec) => (spec.hostUsers === false ? allowed : check(metadata, spec)) },
  ],
};
