import { canonical } from "../../canonical.ts";
import { declared, invalid } from "../../names.ts";
import { type Fields, immutable, type KindRules, specOf } from "../rules.ts";
import { validateTemplateMetadata } from "../template-metadata.ts";
import { validateClaimStatus } from "./claim-status.ts";
import { devicesDefaults, validateDevices } from "./device-requests.ts";

export const resourceClaim: KindRules = {
  defaults: (object) => devicesDefaults(object["spec"]?.devices),
  validate: (object, expressions) => validateDevices(specOf(object)["devices"], "spec.devices", expressions),
  // What cannot change is not looked into again.
  validateReplacement: (object, old) =>
    canonical(specOf(object)) === canonical(specOf(old)) ? [] : declared([invalid("spec", null, "field is immutable")]),
  validateStatus: validateClaimStatus,
};

export const resourceClaimTemplate: KindRules = {
  defaults: (object) => devicesDefaults(object["spec"]?.spec?.devices),
  validate: (object, expressions) => {
    const { metadata = {}, spec = {} } = specOf(object);
    return [
      ...validateTemplateMetadata(metadata as Fields, "spec.metadata"),
      ...validateDevices(spec["devices"], "spec.spec.devices", expressions),
    ];
  },
  validateUpdate: (object, old) => immutable(object, old, ["spec"], { spec: "resource.ResourceClaimTemplateSpec" }),
};
