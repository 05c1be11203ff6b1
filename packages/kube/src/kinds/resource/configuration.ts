import { declared, type FieldError, forbidden, invalid, required, tooLong } from "../../names.ts";
import type { Expressions } from "../expressions.ts";
import type { Fields } from "../rules.ts";
import { driverNameWithCapitals } from "../storage/csi-node.ts";

/** Of parameters and of what drivers say of devices, in bytes of JSON. */
const maxOpaqueLength = 10 * 1024;

const maxExpressionLength = 10 * 1024;

/** validateDeviceConfiguration; what is stored already may be longer. */
export function validateConfiguration({ opaque }: Fields, path: string, isStored = false): readonly FieldError[] {
  if (opaque === undefined) return [required(`${path}.opaque`)];
  const { driver = "", parameters } = opaque as Fields;
  return [
    ...declared(driverNameWithCapitals(driver, `${path}.opaque.driver`)),
    ...validateOpaque(parameters, `${path}.opaque.parameters`, isStored),
  ];
}

/** validateRawExtension: an object that its driver alone understands. */
export function validateOpaque(value: unknown, path: string, isStored = false): readonly FieldError[] {
  if (value === undefined || value === null) return [required(path)];
  if (!isStored && new TextEncoder().encode(JSON.stringify(value)).length > maxOpaqueLength)
    return [tooLong(path, maxOpaqueLength)];
  const isObject = typeof value === "object" && !Array.isArray(value);
  return isObject ? [] : [invalid(path, "<value omitted>", "must be a valid JSON object")];
}

/** validateSelector. */
export function validateSelector({ cel }: Fields, path: string, expressions: Expressions): readonly FieldError[] {
  if (cel === undefined) return [required(`${path}.cel`)];
  const { expression = "" } = cel as { readonly expression?: string };
  const field = `${path}.cel.expression`;
  if (expression.length > maxExpressionLength) return [tooLong(field, maxExpressionLength)];
  const fault = expressions.deviceFault(expression);
  if (fault === undefined) return [];
  return "fault" in fault
    ? [invalid(field, expression, fault.fault)]
    : [forbidden(field, "too complex, exceeds cost limit")];
}
