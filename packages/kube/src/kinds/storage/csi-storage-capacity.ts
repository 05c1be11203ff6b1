import { canonical } from "../../canonical.ts";
import { nanosOf } from "../../go/quantity.ts";
import { type FieldError, invalid } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted } from "../checks.ts";
import { dns1123Subdomain } from "../formats.ts";
import { validateLabelSelector } from "../label-selector.ts";
import type { Fields, KindRules } from "../rules.ts";

export const csiStorageCapacity: KindRules = {
  validate: validateCapacity,
  validateUpdate: (object, old) =>
    ["nodeTopology", "storageClassName"]
      .filter((field) => canonical(object[field]) !== canonical(old[field]))
      .map((field) => invalid(field, object[field], "field is immutable")),
};

function validateCapacity(object: KubeObject): readonly FieldError[] {
  const { nodeTopology, storageClassName = "", capacity } = object as Fields;
  return [
    ...validateLabelSelector(nodeTopology, "nodeTopology"),
    ...formatted("storageClassName", storageClassName, dns1123Subdomain),
    ...(capacity !== undefined && nanosOf(capacity) < 0n
      ? [invalid("capacity", capacity, "must be greater than or equal to 0")]
      : []),
  ];
}
