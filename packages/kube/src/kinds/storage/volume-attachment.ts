import { canonical } from "../../canonical.ts";
import { type FieldError, forbidden, invalid, required } from "../../names.ts";
import { formatted } from "../checks.ts";
import { dns1123Subdomain, type Format } from "../formats.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";

const exactlyOne = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";

export const volumeAttachment: KindRules = {
  validate: (object) => {
    const spec = specOf(object);
    return validateSpec(spec);
  },
  validateUpdate: (object, old) =>
    canonical(object["spec"]) === canonical(old["spec"]) ? [] : [invalid("spec", null, "field is immutable")],
};

function validateSpec({ attacher = "", source = {}, nodeName = "" }: Fields): readonly FieldError[] {
  const { inlineVolumeSpec: inline, persistentVolumeName: name } = source;
  return [
    ...(inline === undefined && name === undefined ? [required("spec.source", exactlyOne)] : []),
    ...(inline !== undefined && name !== undefined ? [forbidden("spec.source", exactlyOne)] : []),
    ...formatted("spec.nodeName", nodeName, dns1123Subdomain),
    ...(name === undefined ? [] : formatted("spec.source.persistentVolumeName", name, dns1123Subdomain)),
    ...(attacher === "" ? [required("spec.attacher")] : formatted("spec.attacher", attacher, mixedCaseSubdomain)),
  ];
}

/** A subdomain whose letters may be large. */
const mixedCaseSubdomain: Format = (value) =>
  dns1123Subdomain(value.toLowerCase()).map((each) =>
    each
      .replace(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric",
        "an RFC 1123 subdomain must consist of alphanumeric",
      )
      .replaceAll("a-z0-9", "a-zA-Z0-9"),
  );
