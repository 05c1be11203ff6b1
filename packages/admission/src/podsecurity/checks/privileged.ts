import { type Check, verdict } from "../check.ts";
import { containersOf, named } from "../pod.ts";

/** privileged: `securityContext.privileged` of every container must be undefined or false. */
export const privileged: Check = {
  id: "privileged",
  level: "baseline",
  versions: [
    {
      minor: 0,
      check: (_metadata, spec) => {
        const bad = containersOf(spec).filter(({ container }) => container.securityContext?.privileged === true);
        const detail = `${named(
          "container",
          bad.map(({ container }) => container.name),
        )} must not set securityContext.privileged=true`;
        return verdict(
          "privileged",
          detail,
          bad.map(({ path }) => `${path}.securityContext.privileged`),
        );
      },
    },
  ],
};
