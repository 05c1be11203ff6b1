import { anyNode, requestText } from "../facts.ts";
import { type Acts, fitsName } from "../rights.ts";
import { type Identity, identityText, type World } from "../world.ts";
import { allGroups, allUsers } from "./known-identities.ts";
import { rightsTo, type Way } from "./way.ts";

const group = "certificates.k8s.io";

/** Its certificates are good for any user and any group; kube-controller-manager signs what is approved. */
const signer = "kubernetes.io/kube-apiserver-client";

const acts: Acts = {
  request: [{ verbs: ["create"], group, resource: "certificatesigningrequests", isClusterWide: true }],
  approval: [
    { verbs: ["update", "patch"], group, resource: "certificatesigningrequests/approval", isClusterWide: true },
  ],
  approve: [{ verbs: ["approve"], group, resource: "signers", isClusterWide: true }],
};

/** Whoever approves what they have requested has a certificate of any user. What `system:masters` is to stand in is refused. */
export const certificates: Way = {
  name: "certificates",
  acts,
  isJoint: true,
  *ofIdentity(_identity, rights, { world, held }) {
    const [request] = rightsTo(rights, "request");
    if (request !== undefined)
      yield { to: { kind: "request" }, by: [request], text: "requests a certificate of a client of the API server" };
    if (!held.has(requestText)) return;
    const [approval] = rightsTo(rights, "approval");
    const approve = rightsTo(rights, "approve").find(
      ({ names }) => fitsName(names, signer) || fitsName(names, "kubernetes.io/*"),
    );
    if (approval === undefined || approve === undefined) return;
    for (const identity of certified(world))
      yield {
        to: { kind: "identity", identity },
        by: [approve, approval],
        with: [requestText],
        text: `approves a certificate of ${identityText(identity)}`,
      };
  },
};

function certified(world: World): readonly Identity[] {
  return [
    ...allGroups(world).filter(({ name }) => name !== "system:masters"),
    ...allUsers(world),
    ...world.accounts.map((each): Identity => ({ kind: "ServiceAccount", ...each })),
    ...[...world.nodes, anyNode].map((name): Identity => ({ kind: "Node", name })),
  ];
}
