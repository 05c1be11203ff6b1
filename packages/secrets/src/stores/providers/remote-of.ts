import { X509Certificate } from "node:crypto";
import type { Remote } from "../../remote/remote.ts";
import { SourceError } from "../../source-error.ts";
import type { CaProvider, StoreContext } from "../store-context.ts";

/** Connections of one store, closed with it. */
export async function remoteOf({ timeoutMs, environment }: StoreContext, ca: string | undefined): Promise<Remote> {
  const { Remote: Opened } = await import("../../remote/remote.ts");
  return new Opened({ timeoutMs, environment, ...(ca !== undefined && { ca }) });
}

/** Certificates of a store's authority: those that stand in it, or those that it refers to. Rejects with `SourceError`. */
export async function authoritiesOf(
  field: string,
  { caBundle, caProvider }: { readonly caBundle?: string; readonly caProvider?: CaProvider },
  { credentials }: StoreContext,
): Promise<string | undefined> {
  if (!caBundle && caProvider === undefined) return undefined;
  const pem = caBundle
    ? Buffer.from(caBundle, "base64").toString("utf8")
    : await credentials.certificates(caProvider as CaProvider);
  try {
    // What trusts nothing would be told of by the first connection alone, in words that nobody understands.
    new X509Certificate(pem);
  } catch {
    throw new SourceError(`${field}.${caBundle ? "caBundle" : "caProvider"}: expected certificates in PEM`);
  }
  return pem;
}
