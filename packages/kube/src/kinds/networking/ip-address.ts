import { type FieldError, required } from "../../names.ts";
import { formatted } from "../checks.ts";
import { dns1123Subdomain, pathSegment } from "../formats.ts";
import { ipAddress as format } from "../ip.ts";
import { type Fields, immutable, type KindRules, specOf } from "../rules.ts";

/** Who has an address of the services' ranges: its name is the address. */
export const ipAddress: KindRules = {
  validate: ({ metadata, ...object }) => [
    ...formatted("metadata.name", metadata.name ?? "", format),
    ...validateParent(specOf({ metadata, ...object })["parentRef"]),
  ],
  validateUpdate: (object, old) => immutable(object, old, ["spec.parentRef"]),
};

function validateParent(parent: Fields | undefined): readonly FieldError[] {
  const field = "spec.parentRef";
  if (parent === undefined) return [required(field)];
  const { group = "", resource = "", name = "", namespace = "" } = parent;
  const segment = (key: string, value: string) => formatted(`${field}.${key}`, value, pathSegment);
  return [
    ...(group === "" ? [] : formatted(`${field}.group`, group, dns1123Subdomain)),
    ...(resource === "" ? [required(`${field}.resource`)] : segment("resource", resource)),
    ...(name === "" ? [required(`${field}.name`)] : segment("name", name)),
    ...(namespace === "" ? [] : segment("namespace", namespace)),
  ];
}
