import { type Client, unlessGone } from "@sallyport/cluster";
import { type KubeObject, StatusError } from "@sallyport/kube";
import { type AuthorityTexts, authorityFiles, authorityOfTexts, textsOfAuthority } from "./authority-files.ts";
import { AuthorityChanged, type AuthorityStore } from "./authority-store.ts";

/** An authority in a Secret, as Istio's `cacerts`; of as many replicas as there are. */
export function secretStore(client: Client, namespace: string, name: string): AuthorityStore {
  const all = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`;
  const one = `${all}/${encodeURIComponent(name)}`;
  const place = `Secret ${namespace}/${name}`;
  const found = async () => (await unlessGone(client.ask(one))) as KubeObject | undefined;
  return {
    place,
    read: async () => {
      const secret = await found();
      if (secret === undefined) return undefined;
      return { state: authorityOfTexts(textsOfSecret(secret)), version: secret.metadata.resourceVersion ?? "" };
    },
    write: async (state, before) => {
      const texts = Object.entries(textsOfAuthority(state)) as readonly (readonly [string, string])[];
      const data = Object.fromEntries(texts.map(([key, text]) => [key, Buffer.from(text).toString("base64")]));
      const metadata = { name, namespace, ...(before === undefined ? {} : { resourceVersion: before.version }) };
      const body = { apiVersion: "v1", kind: "Secret", type: "Opaque", metadata, data };
      try {
        if (before === undefined) await client.ask(all, { method: "POST", body });
        // Labels and others' keys stay; a null takes away what the state no longer has.
        else
          await client.ask(one, {
            method: "PATCH",
            type: "application/merge-patch+json",
            body: { metadata, data: { ...absent, ...data } },
          });
      } catch (error) {
        if (error instanceof StatusError && error.status.code === 409) throw new AuthorityChanged(place);
        throw error;
      }
    },
  };
}

const absent = Object.fromEntries(authorityFiles.map((name) => [name, null]));

function textsOfSecret(secret: KubeObject): AuthorityTexts {
  const data = (secret["data"] ?? {}) as { readonly [key: string]: string };
  return Object.fromEntries(
    authorityFiles
      .filter((name) => data[name] !== undefined)
      .map((name) => [name, Buffer.from(data[name] as string, "base64").toString("utf8")]),
  );
}
