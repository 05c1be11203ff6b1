import { duplicate, type FieldError, notSupported, required } from "../../../names.ts";
import { formatted, itemsOf, portNumber } from "../../checks.ts";
import { portName } from "../../formats.ts";

export const protocols: readonly string[] = ["SCTP", "TCP", "UDP"];

/** A port by its number or the name of a container's. */
export function portNumberOrName(field: string, value: number | string): readonly FieldError[] {
  return typeof value === "number" ? portNumber(field, value) : formatted(field, value, portName);
}

/** validateContainerPorts. */
export function validatePorts(ports: unknown, path: string): readonly FieldError[] {
  const names = new Set<string>();
  return itemsOf(ports, path).flatMap(([port, field]) => {
    const errors: FieldError[] = [];
    if (port["name"]) {
      const faults = formatted(`${field}.name`, port["name"], portName);
      errors.push(...faults);
      if (faults.length === 0 && names.has(port["name"])) errors.push(duplicate(`${field}.name`, port["name"]));
      names.add(port["name"]);
    }
    const number = port["containerPort"] ?? 0;
    errors.push(
      ...(number === 0 ? [required(`${field}.containerPort`)] : portNumber(`${field}.containerPort`, number)),
    );
    if (port["hostPort"]) errors.push(...portNumber(`${field}.hostPort`, port["hostPort"]));
    if (!protocols.includes(port["protocol"]))
      errors.push(notSupported(`${field}.protocol`, port["protocol"], protocols));
    return errors;
  });
}

/** Two containers may not listen at one port of the host. */
export function hostPortConflicts(containers: unknown, path: string): readonly FieldError[] {
  const taken = new Set<string>();
  return itemsOf(containers, path).flatMap(([container, field]) =>
    itemsOf(container["ports"], `${field}.ports`).flatMap(([{ hostPort, hostIP = "", protocol }, place]) => {
      if (!hostPort) return [];
      const key = `${protocol}/${hostIP}/${hostPort}`;
      const isTaken = taken.has(key);
      taken.add(key);
      return isTaken ? [duplicate(`${place}.hostPort`, key)] : [];
    }),
  );
}
