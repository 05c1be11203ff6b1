import { timestampOf } from "@sallyport/kube";
import { parseRequest } from "@sallyport/pki";
import { kubeletClientFault } from "../certificates/signer-rules.ts";
import { hasCondition, type SigningRequest } from "../certificates/signing-request.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { ownKey, reconciler } from "./reconciler.ts";

const group = "certificates.k8s.io";
const kubeletSigner = "kubernetes.io/kube-apiserver-client-kubelet";

/** What a kubelet needs to be allowed, and what is said when it is: for its own name first, then for any node's. */
const permissions = [
  {
    subresource: "selfnodeclient",
    isFor: ({ spec }: SigningRequest, commonName: string) => spec.username === commonName,
    message: "Auto approving self kubelet client certificate after SubjectAccessReview.",
  },
  {
    subresource: "nodeclient",
    isFor: () => true,
    message: "Auto approving kubelet client certificate after SubjectAccessReview.",
  },
];

/** Approves requests for client certificates of kubelets, where who asks may create `certificatesigningrequests/nodeclient` or `/selfnodeclient`. */
export const csrApproving: ControllerKind = {
  name: "certificatesigningrequest-approving-controller",
  alias: "csrapproving",
  account: "certificate-controller",
  create: (context) =>
    reconciler(
      {
        name: csrApproving.name,
        follows: [{ group, resource: "certificatesigningrequests", keys: ownKey }],
        sync: (name) => approve(name, context),
      },
      context,
    ),
};

async function approve(name: string, { cache, client, clock, authorizer }: ControllerContext): Promise<void> {
  const found = cache.get(group, "certificatesigningrequests", "", name) as SigningRequest | undefined;
  if (found === undefined || found.status?.certificate) return;
  if (hasCondition(found, "Approved") || hasCondition(found, "Denied")) return;
  const { spec } = found;
  const parsed = parseRequest(spec.request);
  if (typeof parsed === "string" || spec.signerName !== kubeletSigner) return;
  if (kubeletClientFault(parsed, spec.usages ?? []) !== undefined) return;
  const { username = "", groups = [], uid, extra } = spec;
  const user = { username, groups, ...(uid === undefined ? {} : { uid }), ...(extra === undefined ? {} : { extra }) };
  for (const { subresource, isFor, message } of permissions) {
    if (!isFor(found, parsed.commonName)) continue;
    const place = { group, version: "*", resource: "certificatesigningrequests", subresource, namespace: "", name: "" };
    const { decision } = await authorizer.authorize({ user, verb: "create", ...place });
    if (decision !== "Allow") continue;
    const lastUpdateTime = timestampOf(clock.now());
    const condition = { type: "Approved", status: "True", reason: "AutoApproved", message, lastUpdateTime };
    await client.updatePart("approval", found, (fresh) => {
      const { status } = fresh as SigningRequest;
      return { ...fresh, status: { ...status, conditions: [...(status?.conditions ?? []), condition] } };
    });
    return;
  }
}
