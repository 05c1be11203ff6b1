import { type Client, unlessGone } from "@sallyport/cluster";
import { SourceError, type StoreCredentials } from "@sallyport/secrets/stores";
import { corePath } from "./paths.ts";

/** The shortest that an API server gives; each login asks for another one. */
const tokenSeconds = 600;

/** What is read of a Secret, a ConfigMap or a ServiceAccount here. */
interface Found {
  readonly metadata: { readonly annotations?: { readonly [name: string]: string } };
  readonly data?: { readonly [key: string]: string };
}

/**
 * Credentials of a store in its cluster. A SecretStore has those of its own namespace, whatever it names; one of the whole cluster those of
 * the namespace that it names, else of who asks.
 */
export function clusterCredentials(
  client: Client,
  place: { readonly own: string | undefined; readonly asking: string },
): StoreCredentials {
  const namespaceOf = ({ namespace }: { readonly namespace?: string }) => place.own ?? namespace ?? place.asking;
  const get = async (kind: string, resource: string, namespace: string, name: string): Promise<Found> => {
    const found = await unlessGone(client.ask(corePath(resource, namespace, name)));
    if (found === undefined) throw new SourceError(`there is no ${kind} ${namespace}/${name}`);
    return found as Found;
  };
  return {
    secret: async (ref) => {
      const { name = "", key = "" } = ref;
      if (name === "" || key === "") throw new SourceError("a reference to a Secret: name and key are needed");
      const namespace = namespaceOf(ref);
      const { data } = await get("Secret", "secrets", namespace, name);
      const value = data?.[key];
      if (!value) throw new SourceError(`Secret ${namespace}/${name} has no key ${key}, or nothing in it`);
      // A line break at the end is a person's editor's.
      return Buffer.from(value, "base64")
        .toString("utf8")
        .replace(/\r?\n$/, "");
    },
    certificates: async (ref) => {
      const isSecret = ref.type === "Secret";
      const [kind, resource] = isSecret ? ["Secret", "secrets"] : ["ConfigMap", "configmaps"];
      const namespace = namespaceOf(ref);
      const { data } = await get(kind as string, resource as string, namespace, ref.name);
      const { key = "ca.crt" } = ref;
      const value = data?.[key];
      if (!value) throw new SourceError(`${kind} ${namespace}/${ref.name} has no key ${key}`);
      return isSecret ? Buffer.from(value, "base64").toString("utf8") : value;
    },
    accountToken: async (ref, audiences) => {
      const body = {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { expirationSeconds: tokenSeconds, ...(audiences.length > 0 && { audiences }) },
      };
      const path = `${corePath("serviceaccounts", namespaceOf(ref), ref.name)}/token`;
      const answer = (await client.ask(path, { method: "POST", body })) as {
        readonly status?: { readonly token?: string };
      };
      if (!answer.status?.token) throw new SourceError(`service account ${ref.name}: no token was given`);
      return answer.status.token;
    },
    accountAnnotations: async (ref) =>
      (await get("ServiceAccount", "serviceaccounts", namespaceOf(ref), ref.name)).metadata.annotations ?? {},
  };
}
