import { type FieldError, invalid, notSupported, required } from "../../names.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";

export const ingress: KindRules = { validate: (object) => validateIngress(specOf(object)) };

function validateIngress(spec: Fields): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (spec["defaultBackend"] === undefined && ((spec["rules"] ?? []) as unknown[]).length === 0)
    errors.push(invalid("spec", {}, "either `defaultBackend` or `rules` must be specified"));
  for (const [i, rule] of ((spec["rules"] ?? []) as Fields[]).entries()) {
    for (const [j, path] of ((rule["http"]?.paths ?? []) as Fields[]).entries()) {
      const types = ["Exact", "ImplementationSpecific", "Prefix"];
      if (path["pathType"] === undefined)
        errors.push(required(`spec.rules[${i}].http.paths[${j}].pathType`, "pathType must be specified"));
      else if (!types.includes(path["pathType"]))
        errors.push(notSupported(`spec.rules[${i}].http.paths[${j}].pathType`, path["pathType"], types));
    }
  }
  return errors;
}
