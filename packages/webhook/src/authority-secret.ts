import { type Client, unlessGone } from "@sallyport/cluster";
import { type KubeObject, StatusError } from "@sallyport/kube";
import { type Authority, type RotationOptions, rotated } from "./rotation.ts";

/** Where the authority is kept: a Secret of type kubernetes.io/tls with more keys. */
export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
}

/** Several replicas write at once at the first start; each try sees what another has written. */
const maxTries = 5;

/** Reads the authority that all replicas share, and writes it when something of it is due. Rejects when the Secret cannot be had. */
export async function sharedAuthority(
  client: Client,
  place: SecretPlace,
  options: RotationOptions,
): Promise<Authority> {
  for (let tries = 1; ; tries++) {
    const secret = await readSecret(client, place);
    const current = secret && authorityOf(secret);
    const wanted = await rotated(current, options);
    if (wanted === current) return current;
    try {
      await writeSecret(client, place, wanted, secret);
      return wanted;
    } catch (error) {
      // Another replica was faster: what it wrote counts.
      const code = error instanceof StatusError ? error.status.code : 0;
      if (code !== 409 || tries >= maxTries) throw error;
    }
  }
}

const pathOf = ({ namespace }: SecretPlace) => `/api/v1/namespaces/${namespace}/secrets`;

async function readSecret(client: Client, place: SecretPlace): Promise<KubeObject | undefined> {
  return (await unlessGone(client.ask(`${pathOf(place)}/${place.name}`))) as KubeObject | undefined;
}

async function writeSecret(
  client: Client,
  place: SecretPlace,
  authority: Authority,
  existing: KubeObject | undefined,
): Promise<void> {
  const metadata = existing?.metadata ?? { name: place.name, namespace: place.namespace };
  const body = { apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls", metadata, data: dataOf(authority) };
  if (existing === undefined) await client.ask(pathOf(place), { method: "POST", body });
  else await client.ask(`${pathOf(place)}/${place.name}`, { method: "PUT", body });
}

function dataOf({ ca, leaf, next, previous }: Authority): { readonly [key: string]: string } {
  const texts = {
    "tls.crt": leaf.certificate,
    "tls.key": leaf.key,
    "ca.crt": ca.certificate,
    "ca.key": ca.key,
    ...(next && { "next-ca.crt": next.certificate, "next-ca.key": next.key, "next-ca.since": String(next.since) }),
    ...(previous && { "previous-ca.crt": previous.certificate, "previous-ca.until": String(previous.until) }),
  };
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString("base64")]));
}

/** Undefined for a secret that lacks what it should have: it is written anew. */
function authorityOf(secret: KubeObject): Authority | undefined {
  const data = (secret["data"] ?? {}) as { readonly [key: string]: string };
  const read = (key: string) => (data[key] ? Buffer.from(data[key], "base64").toString("utf8") : undefined);
  const [certificate, key, caCertificate, caKey] = ["tls.crt", "tls.key", "ca.crt", "ca.key"].map(read);
  if (!certificate || !key || !caCertificate || !caKey) return undefined;
  const [nextCertificate, nextKey, since] = ["next-ca.crt", "next-ca.key", "next-ca.since"].map(read);
  const [previous, until] = ["previous-ca.crt", "previous-ca.until"].map(read);
  return {
    ca: { certificate: caCertificate, key: caKey },
    leaf: { certificate, key },
    ...(nextCertificate && nextKey
      ? { next: { certificate: nextCertificate, key: nextKey, since: Number(since) } }
      : {}),
    ...(previous ? { previous: { certificate: previous, until: Number(until) } } : {}),
  };
}
