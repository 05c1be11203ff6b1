import { type FieldError, invalid } from "../../names.ts";
import { nonnegative } from "../checks.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";

export const lease: KindRules = { validate: (object) => validateSpec(specOf(object)) };

function validateSpec({ leaseDurationSeconds: seconds, leaseTransitions }: Fields): readonly FieldError[] {
  return [
    ...(seconds !== undefined && seconds <= 0
      ? [invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0")]
      : []),
    ...nonnegative("spec.leaseTransitions", leaseTransitions),
  ];
}
