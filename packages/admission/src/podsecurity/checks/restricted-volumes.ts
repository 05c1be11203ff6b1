import { type Check, verdict } from "../check.ts";
import { named, quoteAll } from "../pod.ts";

const allowedSources = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

/** restrictedVolumes: only volumes that do not reach the node or need trust in a driver's server. */
export const restrictedVolumes: Check = {
  id: "restrictedVolumes",
  level: "restricted",
  versions: [
    {
      minor: 0,
      overrides: ["hostPathVolumes"],
      check: (_metadata, spec) => {
        const bad = (spec.volumes ?? []).flatMap((volume, i) => {
          const source = Object.keys(volume).find((key) => key !== "name" && !allowedSources.has(key));
          return source === undefined ? [] : [{ name: volume.name, source, i }];
        });
        const types = new Set(bad.map(({ source }) => source));
        const verb = bad.length === 1 ? "uses" : "use";
        const detail = `${named(
          "volume",
          bad.map(({ name }) => name),
        )} ${verb} restricted volume type${types.size === 1 ? "" : "s"} ${quoteAll([...types].sort())}`;
        return verdict(
          "restricted volume types",
          detail,
          bad.map(({ i, source }) => `spec.volumes[${i}].${source}`),
        );
      },
    },
  ],
};
