import { type Client, unlessGone } from "@sallyport/cluster";
import { StatusError } from "@sallyport/kube";
import type { SecretObject, SecretWriter } from "@sallyport/secrets/stores";
import { corePath } from "./paths.ts";

function by(manager: string): string {
  return `?fieldManager=${encodeURIComponent(manager)}`;
}

/** The Secrets of a cluster. A refusal, by whatever webhook, is told without values. */
export function clusterSecrets(client: Client): SecretWriter {
  const pathOf = ({ metadata: { namespace, name } }: SecretObject) => corePath("secrets", namespace, name);
  return {
    get: async (namespace, name) =>
      (await unlessGone(client.ask(corePath("secrets", namespace, name)))) as SecretObject | undefined,
    create: async (secret, manager) => {
      const path = `${corePath("secrets", secret.metadata.namespace)}${by(manager)}`;
      await withoutValues(secret, client.ask(path, { method: "POST", body: secret }));
    },
    update: async (secret, manager) => {
      await withoutValues(secret, client.ask(`${pathOf(secret)}${by(manager)}`, { method: "PUT", body: secret }));
    },
    templates: (namespace) => async (kind, name) => {
      const resource = kind === "Secret" ? "secrets" : "configmaps";
      const found = await unlessGone(client.ask(corePath(resource, namespace, name)));
      if (found === undefined) return undefined;
      const pairs = Object.entries((found as { readonly data?: { readonly [key: string]: string } }).data ?? {});
      return kind === "ConfigMap" ? Object.fromEntries(pairs) : Object.fromEntries(pairs.map(decoded));
    },
    remove: async (secret) => {
      const { uid, resourceVersion } = secret.metadata;
      // What somebody has made anew since is not what was meant.
      const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
      await unlessGone(client.ask(pathOf(secret), { method: "DELETE", body: { preconditions } }));
    },
  };
}

function decoded([key, value]: readonly [string, string]): readonly [string, string] {
  return [key, Buffer.from(value, "base64").toString("utf8")];
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
