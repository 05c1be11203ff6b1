import { timestampOf } from "@sallyport/kube";
import { parseRequest } from "@sallyport/pki";
import { issueCertificate } from "../certificates/issue.ts";
import { signerRules } from "../certificates/signer-rules.ts";
import { hasCondition, type SigningRequest } from "../certificates/signing-request.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { ownKey, reconciler } from "./reconciler.ts";

/** Signs what was approved for Kubernetes' own signers with the cluster's authority; what breaks a signer's rules fails. */
export const csrSigning: ControllerKind = {
  name: "certificatesigningrequest-signing-controller",
  alias: "csrsigning",
  account: "certificate-controller",
  create: (context) =>
    reconciler(
      {
        name: csrSigning.name,
        follows: [{ group: "certificates.k8s.io", resource: "certificatesigningrequests", keys: ownKey }],
        sync: (name) => sign(name, context),
      },
      context,
    ),
};

async function sign(name: string, { cache, client, clock, ca }: ControllerContext): Promise<void> {
  const found = cache.get("certificates.k8s.io", "certificatesigningrequests", "", name) as SigningRequest | undefined;
  if (found === undefined || !hasCondition(found, "Approved") || hasCondition(found, "Failed")) return;
  const { signerName, request, usages = [], expirationSeconds } = found.spec;
  const rule = signerRules[signerName];
  const parsed = parseRequest(request);
  if (rule === undefined || found.status?.certificate || typeof parsed === "string") return;
  const fault = rule(parsed, usages);
  if (fault !== undefined) {
    const lastUpdateTime = timestampOf(clock.now());
    const failed = {
      type: "Failed",
      status: "True",
      reason: "SignerValidationFailure",
      message: fault,
      lastUpdateTime,
    };
    await client.updateStatus(found, (fresh) => {
      const { status } = fresh as SigningRequest;
      return { ...fresh, status: { ...status, conditions: [...(status?.conditions ?? []), failed] } };
    });
    return;
  }
  const pem = await issueCertificate(ca, parsed, { usages, expirationSeconds, now: clock.now() });
  const certificate = Buffer.from(pem).toString("base64");
  await client.updateStatus(found, (fresh) => ({
    ...fresh,
    status: { ...(fresh as SigningRequest).status, certificate },
  }));
}
