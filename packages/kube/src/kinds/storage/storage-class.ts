import { fill, immutable, type KindRules } from "../rules.ts";

export const storageClass: KindRules = {
  defaults: (object) => fill(object, { reclaimPolicy: "Delete", volumeBindingMode: "Immediate" }),
  validateUpdate: (object, old) => immutable(object, old, ["provisioner", "parameters", "reclaimPolicy"]),
};
