import { canonical } from "../../canonical.ts";
import { type FieldError, invalid, required } from "../../names.ts";
import { formatted } from "../checks.ts";
import { dns1123Subdomain, pathSegment } from "../formats.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";

/** An address is of the object that asked for it, for as long as it is there. */
export const ipAddressObject: KindRules = {
  validate: (object) => {
    const { parentRef } = specOf(object);
    const errors = validateParent(parentRef);
    // What is missing is told by upstream's declared rules, after all others.
    const isMissing = ({ reason }: FieldError) => reason === "FieldValueRequired";
    return [...errors.filter((each) => !isMissing(each)), ...errors.filter(isMissing)];
  },
  validateReplacement: (object, old) => {
    const { parentRef } = specOf(object);
    const isSame = canonical(parentRef) === canonical(specOf(old)["parentRef"]);
    return [...validateParent(parentRef), ...(isSame ? [] : [invalid("spec.parentRef", null, "field is immutable")])];
  },
};

function validateParent(ref: Fields | undefined): readonly FieldError[] {
  const path = "spec.parentRef";
  if (ref === undefined) return [required(path)];
  const { group = "", resource = "", name = "", namespace = "" } = ref;
  const segment = (field: string, value: string) => formatted(`${path}.${field}`, value, pathSegment);
  return [
    ...(group === "" ? [] : formatted(`${path}.group`, group, dns1123Subdomain)),
    ...(resource === "" ? [required(`${path}.resource`)] : segment("resource", resource)),
    ...(name === "" ? [required(`${path}.name`)] : segment("name", name)),
    ...(namespace === "" ? [] : segment("namespace", namespace)),
  ];
}
