import { type AzureIdentity, azureToken, tokenResourceOf } from "../../remote/azure-token.ts";
import { safeUrl } from "../../remote/safe-url.ts";
import { SourceError } from "../../source-error.ts";
import { AzureSecrets } from "../azure-secrets.ts";
import type { SecretStore } from "../secret-store.ts";
import type { StoreContext } from "../store-context.ts";
import type { AzureSpec } from "../store-spec.ts";
import { remoteOf } from "./remote-of.ts";

const field = "spec.provider.azurekv";

/** Annotations of an account, as Azure Workload Identity has them, and the audience of its tokens. */
const clientAnnotation = "azure.workload.identity/client-id";
const tenantAnnotation = "azure.workload.identity/tenant-id";
const audience = "api://AzureADTokenExchange";

/** Azure Key Vault. Rejects with `SourceError`. */
export async function openAzureStore(spec: AzureSpec, context: StoreContext): Promise<SecretStore> {
  const vault = safeUrl(`${field}.vaultUrl`, spec.vaultUrl);
  const identity = await identityOf(spec, context);
  const remote = await remoteOf(context, undefined);
  const { environment, now } = context;
  const token = azureToken(identity, { resource: tokenResourceOf(vault), environment, remote, now });
  return new AzureSecrets({ vault, remote, token });
}

async function identityOf(spec: AzureSpec, context: StoreContext): Promise<AzureIdentity> {
  switch (spec.authType ?? "ServicePrincipal") {
    case "ServicePrincipal":
      return principalOf(spec, context);
    case "WorkloadIdentity":
      return workloadOf(spec, context);
    case "ManagedIdentity":
      if (!context.lendsOwn)
        throw new SourceError(`${field}.authType ManagedIdentity: the machine's identity is not for this store`);
      return { kind: "managed", client: spec.identityId };
    default:
      throw new SourceError(
        `${field}.authType ${spec.authType}: expected ServicePrincipal, ManagedIdentity or WorkloadIdentity`,
      );
  }
}

async function principalOf(spec: AzureSpec, { credentials }: StoreContext): Promise<AzureIdentity> {
  const { clientId, clientSecret } = spec.authSecretRef ?? {};
  if (!spec.tenantId || clientId === undefined || clientSecret === undefined)
    throw new SourceError(`${field}: tenantId, authSecretRef.clientId and authSecretRef.clientSecret are needed`);
  const client = await credentials.secret(clientId);
  return { kind: "secret", tenant: spec.tenantId, client, secretFile: () => credentials.secret(clientSecret) };
}

async function workloadOf(spec: AzureSpec, { credentials, environment, lendsOwn }: StoreContext) {
  const { serviceAccountRef: account, authSecretRef: named = {} } = spec;
  const annotations = account === undefined ? {} : await credentials.accountAnnotations(account);
  const own = account === undefined ? environment : {};
  const client = (named.clientId && (await credentials.secret(named.clientId))) || annotations[clientAnnotation];
  const tenant = (named.tenantId && (await credentials.secret(named.tenantId))) || spec.tenantId;
  const tokenFile = own["AZURE_FEDERATED_TOKEN_FILE"];
  if (account === undefined && (!lendsOwn || !tokenFile))
    throw new SourceError(`${field}.serviceAccountRef: needed for WorkloadIdentity`);
  const identity = {
    client: client || own["AZURE_CLIENT_ID"],
    tenant: tenant || annotations[tenantAnnotation] || own["AZURE_TENANT_ID"],
  };
  if (!identity.client || !identity.tenant)
    throw new SourceError(`${field}: WorkloadIdentity needs a tenantId, and the annotation ${clientAnnotation}`);
  const token = () =>
    credentials.accountToken(account as NonNullable<typeof account>, [audience, ...(account?.audiences ?? [])]);
  return {
    kind: "workload",
    tenant: identity.tenant,
    client: identity.client,
    tokenFile: account === undefined ? (tokenFile as string) : token,
  } as const;
}
