import { type FieldError, invalid, notSupported } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { type Fields, fill, type KindRules, specOf } from "../rules.ts";

const groupPolicies = ["File", "None", "ReadWriteOnceWithFSType"];
const lifecycleModes = ["Persistent", "Ephemeral"];

export const csiDriver: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: "ReadWriteOnceWithFSType",
      requiresRepublish: false,
      seLinuxMount: false,
      preventPodSchedulingIfMissing: false,
    });
    if ((spec["volumeLifecycleModes"] ?? []).length === 0) spec["volumeLifecycleModes"] = ["Persistent"];
  },
  validate: (object) => validateSpec(specOf(object)),
  validateUpdate,
  warnings: (object) => {
    const spec = specOf(object);
    return (spec["tokenRequests"] ?? []).length > 0 && spec["serviceAccountTokenInSecrets"] === undefined
      ? [tokensInContext]
      : [];
  },
};

const tokensInContext =
  "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes";

function validateSpec(spec: Fields): readonly FieldError[] {
  const policy = spec["fsGroupPolicy"] as string;
  return [
    ...(groupPolicies.includes(policy) ? [] : [notSupported("spec.fsGroupPolicy", policy, groupPolicies)]),
    ...(spec["serviceAccountTokenInSecrets"] === true && (spec["tokenRequests"] ?? []).length === 0
      ? [
          invalid(
            "spec.serviceAccountTokenInSecrets",
            true,
            "serviceAccountTokenInSecrets is set but no tokenRequests are specified",
          ),
        ]
      : []),
    ...((spec["volumeLifecycleModes"] ?? []) as string[])
      .filter((mode) => !lifecycleModes.includes(mode))
      .map((mode) => notSupported("spec.volumeLifecycleModes", mode, lifecycleModes)),
  ];
}

function validateUpdate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const [spec, before] = [specOf(object), specOf(old)];
  return spec["attachRequired"] === before["attachRequired"]
    ? []
    : [invalid("spec.attachedRequired", spec["attachRequired"], "field is immutable")];
}
