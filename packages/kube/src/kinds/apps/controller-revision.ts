import { canonical } from "../../canonical.ts";
import { invalid, required } from "../../names.ts";
import { nonnegative } from "../checks.ts";
import type { KindRules } from "../rules.ts";

export const controllerRevision: KindRules = {
  validate: (object) => [
    ...nonnegative("revision", object["revision"] as number | undefined),
    ...dataFaults(object["data"]),
  ],
  validateUpdate: (object, old) =>
    canonical(object["data"]) === canonical(old["data"]) ? [] : [invalid("data", object["data"], "field is immutable")],
};

function dataFaults(data: unknown) {
  if (data === undefined || data === null) return [required("data", "data is mandatory")];
  return typeof data === "object" && !Array.isArray(data) ? [] : [required("data", "data must be a valid JSON object")];
}
