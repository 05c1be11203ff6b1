import { Client, type Connection, unlessGone } from "@sallyport/cluster";
import type { KubernetesServer, SecretsOfNamespace } from "@sallyport/secrets/stores";
import { corePath } from "./paths.ts";

type Found = NonNullable<Awaited<ReturnType<SecretsOfNamespace["get"]>>>;

/** A page of what an API server lists without trouble. */
const limit = "500";

/** Secrets of a namespace by the rights of whom a store names, in the cluster of `own` where it names no other. */
export async function openNamespace(
  own: Pick<Connection, "url" | "ca" | "serverName" | "insecureSkipTlsVerify"> | undefined,
  { url, ca, namespace, auth }: KubernetesServer,
): Promise<SecretsOfNamespace> {
  if (url === undefined && own === undefined)
    throw new Error("a store of no URL is of the cluster that we are in, and there is none");
  const place = url === undefined ? ownPlace(own as Connection) : { url, ...(ca !== undefined && { ca }) };
  const credentials = auth.kind === "token" ? { token: auth.token } : { cert: auth.cert, key: auth.key };
  const client = new Client({ ...place, ...credentials });
  return {
    get: async (name) => (await unlessGone(client.ask(corePath("secrets", namespace, name)))) as Found | undefined,
    list: async () => {
      const found: Found[] = [];
      let from = "";
      do {
        const page = await client.page(corePath("secrets", namespace), { limit, ...(from && { continue: from }) });
        found.push(...(page.items as unknown as readonly Found[]));
        from = page.continue;
      } while (from !== "");
      return found;
    },
    close: () => client.close(),
  };
}

/** Without who we are: what a store reads, it reads by its own rights. */
function ownPlace({ url, ca, serverName, insecureSkipTlsVerify }: Connection): Connection {
  return {
    url,
    ...(ca !== undefined && { ca }),
    ...(serverName !== undefined && { serverName }),
    ...(insecureSkipTlsVerify !== undefined && { insecureSkipTlsVerify }),
  };
}
