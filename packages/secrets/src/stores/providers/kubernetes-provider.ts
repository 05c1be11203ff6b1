import { safeUrl } from "../../remote/safe-url.ts";
import { SourceError } from "../../source-error.ts";
import { KubernetesStore } from "../kubernetes-store.ts";
import type { SecretStore } from "../secret-store.ts";
import type { KubernetesServer, StoreContext } from "../store-context.ts";
import type { KubernetesSpec } from "../store-spec.ts";
import { authoritiesOf } from "./remote-of.ts";

const field = "spec.provider.kubernetes";

/** Secrets of a namespace of this cluster or another, by the rights of whom the store names. Rejects with `SourceError`. */
export async function openKubernetesStore(spec: KubernetesSpec, context: StoreContext): Promise<SecretStore> {
  const { server = {}, remoteNamespace: namespace = "default" } = spec;
  const url = server.url === undefined ? undefined : safeUrl(`${field}.server.url`, server.url);
  const ca = await authoritiesOf(`${field}.server`, server, context);
  const auth = await authOf(spec.auth ?? {}, context);
  return new KubernetesStore(await context.openNamespace({ url, ca, namespace, auth }));
}

async function authOf(
  { token, serviceAccount, cert }: NonNullable<KubernetesSpec["auth"]>,
  { credentials }: StoreContext,
): Promise<KubernetesServer["auth"]> {
  if (serviceAccount !== undefined)
    return { kind: "token", token: () => credentials.accountToken(serviceAccount, serviceAccount.audiences ?? []) };
  const bearer = token?.bearerToken;
  if (bearer !== undefined) return { kind: "token", token: () => credentials.secret(bearer) };
  if (cert?.clientCert === undefined || cert.clientKey === undefined)
    // This program's own rights are those of all namespaces: no store may have them.
    throw new SourceError(`${field}.auth: expected serviceAccount, token.bearerToken, or cert with both of its parts`);
  return {
    kind: "certificate",
    cert: await credentials.secret(cert.clientCert),
    key: await credentials.secret(cert.clientKey),
  };
}
