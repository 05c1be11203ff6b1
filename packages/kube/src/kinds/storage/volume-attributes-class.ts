import { canonical } from "../../canonical.ts";
import { type FieldError, forbidden, invalid, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted } from "../checks.ts";
import { qualified } from "../formats.ts";
import type { Fields, KindRules } from "../rules.ts";

const maxParameters = 512;
const maxParametersSize = 256 * 1024;

/** Neither its driver nor its parameters ever change. */
export const volumeAttributesClass: KindRules = {
  validate: validateClass,
  validateUpdate: (object, old) =>
    ["driverName", "parameters"]
      .filter((field) => canonical(object[field]) !== canonical(old[field]))
      .map((field) => forbidden(field, `updates to ${field} are forbidden.`)),
};

function validateClass(object: KubeObject): readonly FieldError[] {
  const { driverName = "", parameters = {} } = object as Fields;
  return [
    ...(driverName === "" ? [required("driverName")] : formatted("driverName", driverName.toLowerCase(), qualified)),
    ...validateParameters(parameters),
  ];
}

function validateParameters(parameters: { readonly [name: string]: string }): readonly FieldError[] {
  const entries = Object.entries(parameters);
  const size = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (entries.length > maxParameters)
    return [
      {
        field: "parameters",
        reason: "FieldValueTooLong",
        message: `Too long: may not be more than ${maxParameters} bytes`,
      },
    ];
  return [
    ...entries.flatMap(([name]) => (name === "" ? [invalid("parameters", name, "field can not be empty.")] : [])),
    ...(size > maxParametersSize
      ? [
          {
            field: "parameters",
            reason: "FieldValueTooLong" as const,
            message: `Too long: may not be more than ${maxParametersSize} bytes`,
          },
        ]
      : []),
    ...(entries.length === 0 ? [required("parameters", "must contain at least one key/value pair")] : []),
  ];
}
