import type { Plugin } from "../plugin.ts";
import { deny, pass, skip } from "../refusals.ts";
import { isCertificates, maySign, signerNameOf } from "./signers.ts";

/**
 * CertificateApproval: who approves or denies a signing request must hold the verb `approve` on its signer.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#certificateapproval
 */
export const certificateApproval: Plugin = {
  name: "CertificateApproval",
  operations: ["UPDATE"],
  validate: async (context) => {
    if (!isCertificates(context, "certificatesigningrequests", "approval")) return skip("no approval");
    const signerName = signerNameOf(context.request.oldObject);
    if (await maySign(context, "approve", signerName)) return pass();
    const message = `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`;
    return deny(context.request, "signer-approve", message, "spec.signerName");
  },
};
