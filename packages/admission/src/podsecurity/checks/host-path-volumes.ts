import { type Check, verdict } from "../check.ts";
import { named } from "../pod.ts";

/** hostPathVolumes: no volume may be a hostPath. */
export const hostPathVolumes: Check = {
  id: "hostPathVolumes",
  level: "baseline",
  versions: [
    {
      minor: 0,
      check: (_metadata, spec) => {
        const bad = (spec.volumes ?? []).flatMap((volume, i) =>
          volume["hostPath"] === undefined ? [] : [{ name: volume.name, i }],
        );
        return verdict(
          "hostPath volumes",
          named(
            "volume",
            bad.map(({ name }) => name),
          ),
          bad.map(({ i }) => `spec.volumes[${i}].hostPath`),
        );
      },
    },
  ],
};
