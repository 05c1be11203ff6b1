import { compile, deviceEnvironment, deviceSizes, estimateCost, formatType, Program } from "@sallyport/cel";
import type { DeviceFault } from "@sallyport/kube";

/** Upstream's limit of what one selector may cost. */
const maxCost = 1_000_000;

const environment = deviceEnvironment();

/** Why an expression selects no devices, in kube-apiserver's words. */
export function deviceFault(text: string): DeviceFault | undefined {
  const program = compile(text, environment);
  if (!(program instanceof Program)) return { fault: `compilation failed: ${program.message}` };
  const type = formatType(program.type);
  // What a device has of attributes is known when it is there.
  if (type !== "bool" && program.type.kind !== "any")
    return { fault: `must evaluate to bool or the unknown type, not ${type}` };
  if (program.instantiationFault !== undefined)
    return { fault: `program instantiation failed: ${program.instantiationFault}` };
  return estimateCost(program.checked, deviceSizes).max > maxCost ? { isTooComplex: true } : undefined;
}
