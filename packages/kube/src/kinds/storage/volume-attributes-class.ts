import { canonical } from "../../canonical.ts";
import { type FieldError, forbidden, invalid, required, tooLong } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted } from "../checks.ts";
import { qualified } from "../formats.ts";
import type { Fields, KindRules } from "../rules.ts";

const maxParameters = 512;
const maxParametersSize = 256 * 1024;

/** Neither its driver nor its parameters ever change. */
export const volumeAttributesClass: KindRules = {
  validate: validateClass,
  validateReplacement: (object, old) => [
    ...["driverName", "parameters"]
      .filter((field) => canonical(object[field]) !== canonical(old[field]))
      .map((field) => forbidden(field, `updates to ${field} are forbidden.`)),
    ...validateClass(object),
  ],
};

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function validateClass(object: KubeObject): readonly FieldError[] {
  const { driverName = "", parameters = {} } = object as Fields;
  return [
    ...(driverName === "" ? [required("driverName")] : formatted("driverName", driverName.toLowerCase(), qualified)),
    ...validateParameters(parameters),
  ];
}

/** What a driver is told; `mayBeEmpty` where it need not be told anything. */
export function validateParameters(
  parameters: { readonly [name: string]: string },
  mayBeEmpty = false,
): readonly FieldError[] {
  const entries = Object.entries(parameters);
  const size = entries.reduce((sum, [name, value]) => sum + byteLength(name) + byteLength(value), 0);
  if (entries.length > maxParameters) return [tooLong("parameters", maxParameters)];
  return [
    ...entries.flatMap(([name]) => (name === "" ? [invalid("parameters", name, "field can not be empty.")] : [])),
    ...(size > maxParametersSize ? [tooLong("parameters", maxParametersSize)] : []),
    ...(!mayBeEmpty && entries.length === 0
      ? [required("parameters", "must contain at least one key/value pair")]
      : []),
  ];
}
