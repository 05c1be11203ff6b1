import { type Client, unlessGone } from "@sallyport/cluster";
import { StatusError } from "@sallyport/kube";
import type { SecretObject, SecretWriter } from "@sallyport/secrets/stores";
import { corePath } from "./paths.ts";

/** Who writes, as managed fields tell it. */
const fieldManager = "?fieldManager=sallyport-secrets-sync";

/** The Secrets of a cluster. A refusal, by whatever webhook, is told without values. */
export function clusterSecrets(client: Client): SecretWriter {
  const pathOf = ({ metadata: { namespace, name } }: SecretObject) => corePath("secrets", namespace, name);
  return {
    get: async (namespace, name) =>
      (await unlessGone(client.ask(corePath("secrets", namespace, name)))) as SecretObject | undefined,
    create: async (secret) => {
      const path = `${corePath("secrets", secret.metadata.namespace)}${fieldManager}`;
      await withoutValues(secret, client.ask(path, { method: "POST", body: secret }));
    },
    update: async (secret) => {
      await withoutValues(secret, client.ask(`${pathOf(secret)}${fieldManager}`, { method: "PUT", body: secret }));
    },
    remove: async (secret) => {
      const { uid, resourceVersion } = secret.metadata;
      // What somebody has made anew since is not what was meant.
      const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
      await unlessGone(client.ask(pathOf(secret), { method: "DELETE", body: { preconditions } }));
    },
  };
}

/** Shorter values are words of any message. */
const shortest = 4;

async function withoutValues(secret: SecretObject, asked: Promise<unknown>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const encoded = Object.values(secret.data ?? {});
    const values = [...encoded, ...encoded.map((each) => Buffer.from(each, "base64").toString("utf8"))];
    const shows = values.some((each) => each.length >= shortest && error.message.includes(each));
    if (!shows) throw error;
    throw new StatusError(error.status.reason as never, "the API server's refusal repeats a value, and is not shown");
  }
}
