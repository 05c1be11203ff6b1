import { type Check, verdict } from "../check.ts";
import { containersOf, named } from "../pod.ts";

/** windowsHostProcess: `windowsOptions.hostProcess` of pod and containers must be undefined or false. */
export const windowsHostProcess: Check = {
  id: "windowsHostProcess",
  level: "baseline",
  versions: [
    {
      minor: 0,
      check: (_metadata, spec) => {
        const pod = spec.securityContext?.windowsOptions?.hostProcess === true;
        const bad = containersOf(spec).filter(
          ({ container }) => container.securityContext?.windowsOptions?.hostProcess === true,
        );
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
          ...(pod ? ["spec.securityContext.windowsOptions.hostProcess"] : []),
          ...bad.map(({ path }) => `${path}.securityContext.windowsOptions.hostProcess`),
        ];
        return verdict(
          "hostProcess",
          `${setters.join(" and ")} must not set securityContext.windowsOptions.hostProcess=true`,
          fields,
        );
      },
    },
  ],
};
