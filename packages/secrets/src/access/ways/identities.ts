import { fitsName, type Right } from "../rights.ts";
import { type Identity, identityText } from "../world.ts";
import { inNamespace } from "../world-index.ts";
import { allGroups, allUsers } from "./known-identities.ts";
import { asAccount } from "./own-pods.ts";
import { type Inference, rightsTo, type Scene, type Way } from "./way.ts";

/** `kubectl create token`: whoever has it is the account. */
export const tokenRequests: Way = {
  name: "token-requests",
  acts: { token: [{ verbs: ["create"], group: "", resource: "serviceaccounts/token" }] },
  *ofIdentity(_identity, rights, scene) {
    for (const right of rightsTo(rights, "token"))
      yield* accounts(right, scene, [right], (name) => `asks for a token of ${name}`);
  },
};

/**
 * `kubectl --as`. Groups go only with a user or an account that is impersonated too. A `uid` or an extra field (`userextras/…`) goes with one
 * as well, and RBAC looks at neither: they lead nowhere.
 */
export const impersonation: Way = {
  name: "impersonation",
  acts: {
    "be-user": [{ verbs: ["impersonate"], group: "", resource: "users", isClusterWide: true }],
    "be-group": [{ verbs: ["impersonate"], group: "", resource: "groups", isClusterWide: true }],
    "be-account": [{ verbs: ["impersonate"], group: "", resource: "serviceaccounts" }],
  },
  isJoint: true,
  *ofIdentity(_identity, rights, scene) {
    const users = rightsTo(rights, "be-user");
    const ofAccounts = rightsTo(rights, "be-account");
    for (const right of users) yield* named(right, allUsers(scene.world), [right]);
    for (const right of ofAccounts) yield* accounts(right, scene, [right], (name) => `impersonates ${name}`);
    const [somebody] = [...users, ...ofAccounts];
    if (somebody === undefined) return;
    for (const right of rightsTo(rights, "be-group")) yield* named(right, allGroups(scene.world), [right, somebody]);
  },
};

function* named(right: Right, known: readonly Identity[], by: readonly Right[]): Generator<Inference> {
  for (const identity of known)
    if (fitsName(right.names, identity.name))
      yield { to: { kind: "identity", identity }, by, text: `impersonates ${identityText(identity)}` };
}

function* accounts(
  right: Right,
  { world, index }: Scene,
  by: readonly Right[],
  textOf: (name: string) => string,
): Generator<Inference> {
  for (const { namespace, name } of inNamespace(world.accounts, index.accounts, right.namespace))
    if (fitsName(right.names, name)) {
      const to = asAccount(namespace, name);
      yield { to, by, text: textOf(identityText(to.identity)) };
    }
}
