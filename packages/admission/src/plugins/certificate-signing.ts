import type { KubeObject } from "@sallyport/kube";
import type { Plugin } from "../plugin.ts";
import { deny, pass, skip } from "../refusals.ts";
import { isCertificates, maySign, signerNameOf } from "./signers.ts";

/**
 * CertificateSigning: who writes the certificate or the conditions of a signing request must hold the verb `sign` on its signer.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#certificatesigning
 */
export const certificateSigning: Plugin = {
  name: "CertificateSigning",
  operations: ["UPDATE"],
  validate: async (context) => {
    const { request } = context;
    if (!isCertificates(context, "certificatesigningrequests", "status")) return skip("no status of a request");
    if (issued(request.object) === issued(request.oldObject)) return pass("neither certificate nor conditions change");
    const signerName = signerNameOf(request.oldObject);
    if (await maySign(context, "sign", signerName)) return pass();
    const message = `user not permitted to sign requests with signerName ${JSON.stringify(signerName)}`;
    return deny(request, "signer-sign", message, "spec.signerName");
  },
};

function issued(object: KubeObject | null): string {
  const { certificate = "", conditions = [] } = (object?.["status"] ?? {}) as {
    readonly certificate?: string;
    readonly conditions?: readonly unknown[];
  };
  return JSON.stringify([certificate, conditions]);
}
