import { type FieldError, invalid } from "../../names.ts";
import { type KubeObject, parseApiVersion } from "../../object.ts";

/** How the names of webhooks and policies end that a server reads from files. KEP-5793. */
export const staticSuffix = ".static.k8s.io";

/** Of a new object of the API: its name may not be one of a file's. */
export function validateReservedName({ apiVersion, metadata: { name = "" } }: KubeObject): readonly FieldError[] {
  if (!name.endsWith(staticSuffix) || parseApiVersion(apiVersion).group !== "admissionregistration.k8s.io") return [];
  const why = `names ending with "${staticSuffix}" are reserved for static manifest-based configurations and cannot be managed via the API`;
  return [invalid("metadata.name", name, why)];
}
