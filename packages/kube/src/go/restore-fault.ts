/** What a value should have been: a kind of Go's, or `text` for types that read themselves from a text. */
export type Shape = "map" | "slice" | "struct" | "string" | "bool" | "int32" | "int64" | "float64" | "text" | "bytes";

/**
 * Why Go objects are not restored from the values of maps, in apimachinery's words (`DefaultUnstructuredConverter`): strategic merge
 * patches are applied so. `wanted` is the name of the Go type.
 */
export function restoreFault(value: unknown, shape: Shape, wanted: string): string {
  const given = goKindOf(value);
  switch (shape) {
    case "map":
    case "slice":
      return `cannot restore ${shape} from ${given}`;
    case "struct":
      return `cannot restore struct from: ${given}`;
    case "bytes":
    case "text":
      return `json: cannot unmarshal ${jsonTypeOf(value)} into Go value of type ${wanted}`;
    default:
      return isConvertible(given, shape) ? `cannot convert ${given} to ${wanted}` : `unrecognized type: ${shape}`;
  }
}

/** Go converts numbers to each other, and integers, as code points, to strings. */
function isConvertible(given: string, shape: Shape): boolean {
  if (shape === "string") return given === "int64";
  return shape !== "bool" && (given === "int64" || given === "float64");
}

function goKindOf(value: unknown): string {
  if (Array.isArray(value)) return "slice";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "map";
}

/** How encoding/json calls what stands in a document. */
export function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}
