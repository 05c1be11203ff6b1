import { type Check, verdict } from "../check.ts";
import { containersOf, named } from "../pod.ts";

const prefix = "container.apparmor.security.beta.kubernetes.io/";

function isAllowedAnnotation(value: string): boolean {
  return value === "" || value === "runtime/default" || value.startsWith("localhost/");
}

/** appArmorProfile: annotations runtime/default or localhost/*; fields RuntimeDefault or Localhost. */
export const appArmorProfile: Check = {
  id: "appArmorProfile",
  level: "baseline",
  versions: [
    {
      minor: 0,
      check: (metadata, spec) => {
        const types = new Set<string>();
        const isBad = (type: string | undefined) => {
          if (type === undefined || type === "RuntimeDefault" || type === "Localhost") return false;
          types.add(type);
          return true;
        };
        const pod = isBad(spec.securityContext?.appArmorProfile?.type);
        const bad = containersOf(spec).filter(({ container }) =>
          isBad(container.securityContext?.appArmorProfile?.type),
        );
        const annotations = Object.entries(metadata.annotations ?? {}).filter(
          ([key, value]) => key.startsWith(prefix) && !isAllowedAnnotation(value),
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
          ...(annotations.length === 0 ? [] : [annotations.length === 1 ? "annotation" : "annotations"]),
        ];
        const values = [
          ...[...types].map((type) => JSON.stringify(type)),
          ...annotations.map(([key, value]) => `"${key}=${JSON.stringify(value)}"`),
        ].sort();
        const fields = [
          ...(pod ? ["spec.securityContext.appArmorProfile.type"] : []),
          ...bad.map(({ path }) => `${path}.securityContext.appArmorProfile.type`),
          ...annotations.map(([key]) => `metadata.annotations[${key}]`),
        ];
        const reason = values.length === 1 ? "forbidden AppArmor profile" : "forbidden AppArmor profiles";
        return verdict(
          reason,
          `${setters.join(" and ")} must not set AppArmor profile type to ${values.join(", ")}`,
          fields,
        );
      },
    },
  ],
};
