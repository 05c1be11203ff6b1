import { canonical } from "../../canonical.ts";
import { type FieldError, forbidden, invalid, required, tooLong } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted } from "../checks.ts";
import { dns1123Subdomain } from "../formats.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";
import { driverName, driverNameWithCapitals } from "./csi-node.ts";
import { validateInlineVolume } from "./inline-volume.ts";

const exactlyOne = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
const maxErrorBytes = 1024;
const maxMetadataBytes = 256 * 1024;

export const volumeAttachment: KindRules = {
  validate: (object) => [
    ...validateSpec(specOf(object)),
    ...validateStatus(object),
    ...validateName(specOf(object)),
    ...driverNameWithCapitals(specOf(object)["attacher"] ?? "", "spec.attacher"),
  ],
  validateReplacement: (object, old) => [
    ...driverName(specOf(object)["attacher"] ?? "", "spec.attacher"),
    ...validateSpec(specOf(object)),
    ...validateStatus(object),
    ...validateName(specOf(object)),
    ...(canonical(object["spec"]) === canonical(old["spec"]) ? [] : [invalid("spec", null, "field is immutable")]),
  ],
  validateStatus,
};

function validateSpec({ source = {}, nodeName = "" }: Fields): readonly FieldError[] {
  return [...validateSource(source), ...formatted("spec.nodeName", nodeName, dns1123Subdomain)];
}

function validateSource({ inlineVolumeSpec: inline, persistentVolumeName: name }: Fields): readonly FieldError[] {
  const path = "spec.source";
  if (inline === undefined && name === undefined) return [required(path, exactlyOne)];
  if (inline !== undefined && name !== undefined) return [forbidden(path, exactlyOne)];
  if (inline !== undefined) return validateInlineVolume(inline, `${path}.inlineVolumeSpec`);
  return name === "" ? [required(`${path}.persistentVolumeName`, "must specify non empty persistentVolumeName")] : [];
}

function validateName({ source = {} }: Fields): readonly FieldError[] {
  const name = source.persistentVolumeName as string | undefined;
  return name === undefined ? [] : formatted("spec.source.persistentVolumeName", name, dns1123Subdomain);
}

function validateStatus(object: KubeObject): readonly FieldError[] {
  const { attachmentMetadata = {}, attachError, detachError } = (object["status"] ?? {}) as Fields;
  const size = byteLength(
    Object.entries(attachmentMetadata as Fields)
      .flat()
      .join(""),
  );
  return [
    ...(size > maxMetadataBytes ? [tooLong("status.attachmentMetadata", maxMetadataBytes)] : []),
    ...validateError(attachError, "status.attachError"),
    ...validateError(detachError, "status.detachError"),
  ];
}

function validateError(error: Fields | undefined, path: string): readonly FieldError[] {
  const { message = "", errorCode } = error ?? {};
  return [
    ...(byteLength(message) > maxErrorBytes ? [tooLong(`${path}.message`, maxErrorBytes)] : []),
    ...(errorCode < 0 ? [invalid(`${path}.errorCode`, errorCode, "must be between 0 and 2147483647, inclusive")] : []),
  ];
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
