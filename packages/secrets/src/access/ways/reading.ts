import { countsIn, fitsName, type Right } from "../rights.ts";
import { inNamespace } from "../world-index.ts";
import { type Inference, rightsTo, type Scene, type Way } from "./way.ts";

/**
 * The verbs that answer with a secret's value. Those of lists do so with names too, by a selector of `metadata.name`; the answer to a patch,
 * an empty one too, is the whole object; that to a deletion of many, also to a dry run, are the objects.
 */
const readingVerbs = ["get", "list", "watch", "patch", "deletecollection"];

/** Who may what was asked for, by the authorizer's own rules. */
export const reading: Way = {
  name: "reading",
  acts: { read: [{ verbs: readingVerbs, group: "", resource: "secrets" }] },
  *ofIdentity(_identity, rights, { question, isReading }) {
    const { namespace, name } = question;
    for (const right of rightsTo(rights, isReading ? "read" : "asked"))
      if (countsIn(right, namespace) && fitsName(right.names, name)) yield inferenceOf(right, isReading);
  },
};

/** The group that no authorizer is asked about. */
export const masters: Way = {
  name: "masters",
  acts: {},
  *ofIdentity({ kind, name }) {
    if (kind === "Group" && name === "system:masters")
      yield { to: { kind: "goal" }, by: [], text: "may everything: for this group no authorizer is asked" };
  },
};

/** An account's token in a secret is as good as the account. */
export const tokenSecrets: Way = {
  name: "token-secrets",
  acts: { "create-secrets": [{ verbs: ["create"], group: "", resource: "secrets" }] },
  isJoint: true,
  *ofIdentity(_identity, rights, scene) {
    for (const read of rightsTo(rights, "read")) {
      yield* existingTokens(read, scene);
      for (const create of rightsTo(rights, "create-secrets")) yield* newTokens(create, read, scene);
    }
  },
};

function inferenceOf(right: Right, isReading: boolean): Inference {
  const verbs = right.allowed.map(({ verb }) => verb);
  const plain = verbs.some((verb) => verb === "get" || verb === "list" || verb === "watch");
  const text = !isReading
    ? "may do it"
    : plain
      ? "reads it"
      : verbs.includes("patch")
        ? "reads it in the answer to a patch, which may be an empty one"
        : "reads it in the answer to the deletion of all, which may be a dry run";
  return { to: { kind: "goal" }, by: [right], text };
}

function* existingTokens(read: Right, { world }: Scene): Generator<Inference> {
  for (const { namespace, name, account } of world.secrets)
    if (account !== undefined && countsIn(read, namespace) && fitsName(read.names, name))
      yield {
        to: { kind: "identity", identity: { kind: "ServiceAccount", namespace, name: account } },
        by: [read],
        text: `reads the token of ServiceAccount ${namespace}/${account} in secret ${name}`,
      };
}

function* newTokens(create: Right, read: Right, { world, index }: Scene): Generator<Inference> {
  for (const { namespace, name } of inNamespace(world.accounts, index.accounts, create.namespace))
    if (countsIn(read, namespace))
      yield {
        to: { kind: "identity", identity: { kind: "ServiceAccount", namespace, name } },
        by: [create, read],
        text: `creates a secret that the token of ServiceAccount ${namespace}/${name} is put into, and reads it`,
      };
}
