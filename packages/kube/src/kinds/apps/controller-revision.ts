import { declared, type FieldError, invalid, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { nonnegative } from "../checks.ts";
import type { KindRules } from "../rules.ts";

export const controllerRevision: KindRules = {
  validate: (object) => [...dataFaults(object["data"]), ...validateRevision(object)],
  validateReplacement: (object, old) => [
    ...validateRevision(object),
    // The bytes of its JSON are compared, not what they mean: fields in another order are others.
    ...(JSON.stringify(object["data"]) === JSON.stringify(old["data"])
      ? []
      : [invalid("data", object["data"], "field is immutable")]),
  ],
};

function validateRevision(object: KubeObject) {
  return nonnegative("revision", object["revision"] as number | undefined);
}

function dataFaults(data: unknown): readonly FieldError[] {
  if (data === undefined || data === null) return declared([required("data", "data is mandatory")]);
  return typeof data === "object" && !Array.isArray(data) ? [] : [required("data", "data must be a valid JSON object")];
}
