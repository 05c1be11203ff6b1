import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client, type Connection } from "@sallyport/cluster";
import { createLeaf, type KeyPair } from "@sallyport/pki";

/** What a node of our own API server shows itself with, and whom it lets in. */
export interface NodeIdentity {
  /** As `system:node:NAME`. */
  readonly client: Client;
  /** As `system:kube-proxy`. */
  readonly proxyClient: Client;
  /** PEM, of the kubelet's own doors. */
  readonly certificate: string;
  readonly key: string;
  /** What the API server shows a kubelet. */
  readonly apiServerCertificate: string;
  readonly close: () => void;
}

const leafDays = 365;

/** Signed by the authority of a data folder. */
export async function nodeIdentity(folder: string, name: string, url: string): Promise<NodeIdentity> {
  const read = (file: string) => readFileSync(join(folder, "pki", file), "utf8");
  const ca: KeyPair = { certificate: read("ca.crt"), key: read("ca.key") };
  const life = { now: Date.now(), days: leafDays };
  const connect = async (subject: string): Promise<Client> => {
    const { certificate, key } = await createLeaf(ca, subject, life);
    const connection: Connection = { url, ca: ca.certificate, cert: certificate, key };
    return new Client(connection);
  };
  const subject = `O=system:nodes, CN=system:node:${name}`;
  const [client, proxyClient] = [await connect(subject), await connect("CN=system:kube-proxy")];
  const serving = await createLeaf(ca, subject, life, { names: [name], addresses: [] });
  return {
    client,
    proxyClient,
    ...serving,
    apiServerCertificate: read("apiserver-kubelet-client.crt"),
    close: () => {
      client.close();
      proxyClient.close();
    },
  };
}
