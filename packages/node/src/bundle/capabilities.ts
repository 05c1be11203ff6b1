import { RuntimeFault } from "../runtime/container-runtime.ts";
import type { OciProcess } from "../runtime/oci-spec.ts";
import { boundingSet, capabilityName } from "../security-context/capabilities.ts";
import type { Said } from "./context.ts";

/**
 * The sets of a container's process. No set is ambient or inheritable, as Kubernetes has none, and a user who is not root begins without
 * any: Linux would see to that when the process starts, but gVisor leaves the first process what its bundle says. What the machine itself
 * lacks is left out of `ALL` and of privileged ones, and refused where it was named.
 */
export function processCapabilities(
  said: Said,
  { uid, available }: { readonly uid: number; readonly available: readonly string[] },
): OciProcess["capabilities"] {
  const given = {
    add: said<readonly string[]>("capabilities.add") ?? [],
    drop: said<readonly string[]>("capabilities.drop") ?? [],
  };
  const { set, unknown } = boundingSet(given, said("privileged") === true);
  if (unknown[0] !== undefined)
    throw new RuntimeFault(
      "CreateContainerError",
      `unknown capability "CAP_${unknown[0]}": Linux has none of this name`,
    );
  const lacking = given.add.map(capabilityName).find((name) => name !== "ALL" && !available.includes(name));
  if (lacking !== undefined)
    throw new RuntimeFault(
      "CreateContainerError",
      `capability CAP_${lacking} cannot be added: this node cannot give it`,
    );
  const names = set.filter((name) => available.includes(name)).map((name) => `CAP_${name}`);
  const own = uid === 0 ? names : [];
  return { bounding: names, effective: own, permitted: own, inheritable: [], ambient: [] };
}
