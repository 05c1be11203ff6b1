import type { Plugin } from "../plugin.ts";
import { deny, pass, skip } from "../refusals.ts";
import { isCertificates, signerNameOf } from "./signers.ts";

const restrictedSigner = "kubernetes.io/kube-apiserver-client";

/**
 * CertificateSubjectRestriction: no certificate for clients of the API server may be of the group `system:masters`, which no
 * authorizer can take anything from.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#certificatesubjectrestriction
 */
export const certificateSubjectRestriction: Plugin = {
  name: "CertificateSubjectRestriction",
  operations: ["CREATE"],
  validate: (context) => {
    const { request, effects } = context;
    if (!isCertificates(context, "certificatesigningrequests", "")) return skip("no signing request");
    if (signerNameOf(request.object) !== restrictedSigner) return pass("another signer");
    const { request: pem = "" } = (request.object?.["spec"] ?? {}) as { readonly request?: string };
    const subject = effects.subjectOf(pem);
    if (typeof subject === "string")
      return deny(request, "csr-unreadable", `failed to parse CSR: ${subject}`, "spec.request");
    if (!subject.organizations.includes("system:masters")) return pass();
    const message = `use of ${restrictedSigner} signer with system:masters group is not allowed`;
    return deny(request, "csr-masters", message, "spec.request");
  },
};
