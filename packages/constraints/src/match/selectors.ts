import { faultsText, type KubeObject, validateLabelSelector } from "@sallyport/kube";
import { constraintFault } from "../fault.ts";
import { isFields, nested } from "../fields.ts";

/** Checks what a schema cannot tell of selectors. Throws `FrameworkError`. Gatekeeper names this path for both of them. */
export function checkSelectors(object: KubeObject): void {
  for (const name of ["labelSelector", "namespaceSelector"]) {
    const selector = nested(object, "spec", "match", name);
    if (!isFields(selector)) continue;
    const faults = validateLabelSelector(selector, "spec.labelSelector");
    if (faults.length > 0) throw constraintFault(faultsText(faults));
  }
}
