import type { KubeObject } from "@sallyport/kube";
import type { Plugin } from "../plugin.ts";
import { deny, isCore, pass, skip } from "../refusals.ts";

/**
 * DenyServiceExternalIPs: no service may add external addresses, by which it could take others' traffic (CVE-2020-8554); those
 * that it has may stay or go.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#denyserviceexternalips
 */
export const denyServiceExternalIPs: Plugin = {
  name: "DenyServiceExternalIPs",
  operations: ["CREATE", "UPDATE"],
  validate: ({ request }) => {
    if (!isCore(request, "services")) return skip("not a service");
    const before = externalIPs(request.oldObject);
    const at = externalIPs(request.object).findIndex((address) => !before.includes(address));
    if (at < 0) return pass();
    const message = "Use of external IPs is denied by admission control";
    return deny(request, "external-ip", message, `spec.externalIPs[${at}]`);
  },
};

function externalIPs(service: KubeObject | null): readonly string[] {
  return (service?.["spec"] as { readonly externalIPs?: readonly string[] } | undefined)?.externalIPs ?? [];
}
