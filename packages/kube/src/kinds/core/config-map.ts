import type { KindRules } from "../rules.ts";
import { validateData, validateImmutableData } from "./data.ts";

export const configMap: KindRules = {
  validate: (object) => validateData(object, ["data", "binaryData"], ""),
  validateUpdate: validateImmutableData,
};
