import type { KindRules } from "../rules.ts";
import { dataKeys, validateImmutableData } from "./data.ts";

export const configMap: KindRules = {
  validate: (object) => dataKeys(object, ["data", "binaryData"]),
  validateUpdate: validateImmutableData,
};
