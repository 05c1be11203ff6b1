import type { Environment, Library, StructType } from "../../check/environment.ts";
import { ANY, BOOL, mapType, STRING, structType, type Type } from "../../check/type.ts";
import type { SizeOf } from "../../cost/estimate.ts";
import { bindings } from "../bindings.ts";
import { kubernetesEnvironment } from "./environment.ts";

const quantity = structType("kubernetes.Quantity");

const fields: { readonly [field: string]: Type } = {
  driver: STRING,
  attributes: mapType(STRING, mapType(STRING, ANY)),
  capacity: mapType(STRING, mapType(STRING, quantity)),
  allowMultipleAllocations: BOOL,
};

const name = "kubernetes.DRADevice";

const types: Library = {
  name: "kubernetes.devices",
  structs: (asked): StructType | undefined =>
    asked === name ? { name, field: (field) => (Object.hasOwn(fields, field) ? fields[field] : undefined) } : undefined,
};

/** Upstream's limits of devices: attributes and capacities of one, and the lengths of their names and values. */
const maxEntries = 32;
const maxDomain = 63;
const maxIdentifier = 32;
const maxValue = 64;

/** `device`, of expressions that select devices of the dynamic resource allocation. */
export function deviceEnvironment(): Environment {
  return kubernetesEnvironment().extend({ libraries: [types, bindings], variables: { device: structType(name) } });
}

/** How large what stands at a path from `device` may be. */
export const deviceSizes: SizeOf = ([variable, field, ...steps]) => {
  if (variable !== "device") return undefined;
  const upTo = (max: number) => ({ min: 0, max });
  if (field === "driver") return upTo(maxDomain);
  if (field === "allowMultipleAllocations") return upTo(1);
  if (field !== "attributes" && field !== "capacity") return undefined;
  if (steps.length === 0) return upTo(maxEntries);
  if (steps[0] === "@keys") return steps.length === 1 ? upTo(maxDomain) : undefined;
  if (steps[0] !== "@values") return undefined;
  if (steps.length === 1) return upTo(maxEntries);
  if (steps[1] === "@keys") return upTo(maxIdentifier);
  // An attribute has the size of all attributes, whatever its name.
  return field === "attributes" ? upTo(maxValue) : steps[1] === "@values" ? upTo(0) : undefined;
};
