import { safeUrl } from "../../remote/safe-url.ts";
import { Vault, type VaultAuth } from "../../remote/vault.ts";
import { SourceError } from "../../source-error.ts";
import type { SecretStore } from "../secret-store.ts";
import type { SecretKeyRef, StoreContext, StoreCredentials } from "../store-context.ts";
import type { VaultSpec } from "../store-spec.ts";
import { VaultKv } from "../vault-kv.ts";
import { authoritiesOf, remoteOf } from "./remote-of.ts";

const field = "spec.provider.vault";

/** A KV engine of Vault or OpenBao. Rejects with `SourceError`. */
export async function openVaultStore(spec: VaultSpec, context: StoreContext): Promise<SecretStore> {
  const { path, version = "v2", namespace } = spec;
  const address = safeUrl(`${field}.server`, spec.server);
  if (version !== "v2") throw new SourceError(`${field}.version ${version}: expected v2 of the KV engine`);
  if (!path) throw new SourceError(`${field}.path: needed, where the KV engine is mounted`);
  const auth = await vaultAuthOf(spec.auth ?? {}, context.credentials);
  const remote = await remoteOf(context, await authoritiesOf(field, spec, context));
  const vault = new Vault({ address, auth, remote, now: context.now, ...(namespace && { namespace }) });
  return new VaultKv({ vault, mount: path.replace(/^\/+|\/+$/g, ""), close: () => remote.close() });
}

type Auth = NonNullable<VaultSpec["auth"]>;

/** External Secrets' own names of keys, where a reference leaves it out. */
const tokenKey = "token";

async function vaultAuthOf(auth: Auth, credentials: StoreCredentials): Promise<VaultAuth> {
  const { tokenSecretRef, kubernetes, appRole, jwt } = auth;
  if ([tokenSecretRef, kubernetes, appRole, jwt].filter((each) => each !== undefined).length !== 1)
    throw new SourceError(`${field}.auth: expected one of tokenSecretRef, kubernetes, appRole and jwt`);
  const secret = (ref: SecretKeyRef) => () => credentials.secret({ key: tokenKey, ...ref });
  if (tokenSecretRef !== undefined) return { kind: "token", file: secret(tokenSecretRef) };
  if (kubernetes !== undefined) return kubernetesAuth(kubernetes, credentials, secret);
  if (jwt !== undefined) return jwtAuth(jwt, credentials, secret);
  const { path = "approle", roleId, roleRef, secretRef } = appRole as NonNullable<Auth["appRole"]>;
  const role = roleId || (roleRef && (await credentials.secret(roleRef)));
  if (!role) throw new SourceError(`${field}.auth.appRole: roleId or roleRef is needed`);
  return { kind: "approle", mount: path, roleId: role, secretIdFile: secret(secretRef) };
}

type Token = (ref: SecretKeyRef) => () => Promise<string>;

function kubernetesAuth(
  { mountPath = "kubernetes", role, serviceAccountRef, secretRef }: NonNullable<Auth["kubernetes"]>,
  credentials: StoreCredentials,
  secret: Token,
): VaultAuth {
  if (serviceAccountRef === undefined && secretRef === undefined)
    throw new SourceError(`${field}.auth.kubernetes: serviceAccountRef or secretRef is needed`);
  const tokenFile =
    serviceAccountRef === undefined
      ? secret(secretRef as SecretKeyRef)
      : () => credentials.accountToken(serviceAccountRef, serviceAccountRef.audiences ?? []);
  return { kind: "kubernetes", mount: mountPath, role, tokenFile };
}

/** Asked as the method `kubernetes` is. */
function jwtAuth(
  { path = "jwt", role = "", secretRef, kubernetesServiceAccountToken: token }: NonNullable<Auth["jwt"]>,
  credentials: StoreCredentials,
  secret: Token,
): VaultAuth {
  if (secretRef !== undefined) return { kind: "kubernetes", mount: path, role, tokenFile: secret(secretRef) };
  if (token === undefined)
    throw new SourceError(`${field}.auth.jwt: secretRef or kubernetesServiceAccountToken is needed`);
  const { serviceAccountRef: ref } = token;
  const tokenFile = () => credentials.accountToken(ref, ref.audiences ?? ["vault"]);
  return { kind: "kubernetes", mount: path, role, tokenFile };
}
