import { isSameValue, type KubeObject } from "@sallyport/kube";
import type { Plugin } from "../plugin.ts";
import { deny, pass, skip } from "../refusals.ts";
import { isCertificates, maySign, signerNameOf } from "./signers.ts";

/**
 * ClusterTrustBundleAttest: who writes a bundle of a signer must hold the verb `attest` on it. KEP-3257.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#clustertrustbundleattest
 */
export const clusterTrustBundleAttest: Plugin = {
  name: "ClusterTrustBundleAttest",
  operations: ["CREATE", "UPDATE"],
  validate: async (context) => {
    const { request } = context;
    if (!isCertificates(context, "clustertrustbundles", "")) return skip("no trust bundle");
    const signerName = signerNameOf(request.object);
    if (signerName === "") return pass("names no signer");
    const { object, oldObject } = request;
    if (object !== null && oldObject !== null && isSameValue(lasting(object), lasting(oldObject)))
      return pass("only what the garbage collector writes changes");
    if (await maySign(context, "attest", signerName)) return pass();
    const message = `user not permitted to attest for signerName ${JSON.stringify(signerName)}`;
    return deny(request, "signer-attest", message, "spec.signerName");
  },
};

/** The object without the fields that migrations and the garbage collector write. */
function lasting({ metadata, ...rest }: KubeObject): object {
  const { ownerReferences: _, finalizers: __, managedFields: ___, ...kept } = metadata;
  return { ...rest, metadata: kept };
}
