import type { FieldError } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import type { KindRules } from "../rules.ts";
import { validateData, validateImmutableData } from "./data.ts";

export const configMap: KindRules = {
  validate: validateAllData,
  validateReplacement: (object, old) => [...validateImmutableData(object, old), ...validateAllData(object)],
};

function validateAllData(object: KubeObject): readonly FieldError[] {
  return validateData(object, ["data", "binaryData"], "");
}
