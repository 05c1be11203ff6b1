import { fill, immutable, type KindRules } from "../rules.ts";
import { dataKeys, validateImmutableData } from "./data.ts";

export const secret: KindRules = {
  defaults: (object) => fill(object, { type: "Opaque" }),
  validate: (object) => dataKeys(object, ["data"]),
  validateUpdate: (object, old) => [...validateImmutableData(object, old), ...immutable(object, old, ["type"])],
};
