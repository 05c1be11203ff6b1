import { type Credential, readCredential } from "../private-file.ts";
import { type Ending, KeptToken } from "./kept-token.ts";
import {
  type Environment,
  objectOf,
  type Remote,
  RemoteError,
  type RemoteRequest,
  readToken,
  shortened,
  textIn,
} from "./remote.ts";

/** Who asks Azure. */
export type AzureIdentity =
  | { readonly kind: "secret"; readonly tenant: string; readonly client: string; readonly secretFile: Credential }
  /** The token of a service account, kept current by the kubelet. */
  | { readonly kind: "workload"; readonly tenant: string; readonly client: string; readonly tokenFile: Credential }
  /** The machine's own; `client` names one of several. */
  | { readonly kind: "managed"; readonly client: string | undefined };

export interface AzureContext {
  /** Whom a token is for: `https://vault.azure.net`. */
  readonly resource: string;
  readonly environment: Environment;
  readonly remote: Remote;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Tokens are for the service, not for one vault: `https://vault.azure.net`, in each of Azure's clouds. */
export function tokenResourceOf(vault: string): string {
  const { protocol, host } = new URL(vault);
  const service = /^[^.]+\.(vault\..+)$/.exec(host)?.[1];
  return `${protocol}//${service ?? host}`;
}

/** A bearer token for a service of Azure. https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
export function azureToken(identity: AzureIdentity, context: AzureContext): KeptToken<string> {
  return new KeptToken(async () => {
    const request = await requestOf(identity, context);
    const answer = await context.remote.ask(request);
    const what = `Azure's token for ${identity.kind === "managed" ? "the machine" : `client ${identity.client}`}`;
    if (answer.status !== 200) throw new RemoteError(`${what}: HTTP status ${answer.status}${reasonIn(answer.text)}`);
    return endingToken(what, objectOf(what, answer), context.now());
  }, context.now);
}

async function requestOf(identity: AzureIdentity, context: AzureContext): Promise<RemoteRequest> {
  if (identity.kind === "managed") return managedRequest(identity.client, context);
  const { environment, resource } = context;
  const host = (environment["AZURE_AUTHORITY_HOST"] || "https://login.microsoftonline.com").replace(/\/+$/, "");
  const form = {
    grant_type: "client_credentials",
    client_id: identity.client,
    scope: `${resource}/.default`,
    ...(identity.kind === "secret"
      ? { client_secret: await readCredential(identity.secretFile) }
      : {
          client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
          client_assertion:
            typeof identity.tokenFile === "string" ? await readToken(identity.tokenFile) : await identity.tokenFile(),
        }),
  };
  return {
    method: "POST",
    url: `${host}/${encodeURIComponent(identity.tenant)}/oauth2/v2.0/token`,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form).toString(),
  };
}

/** https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token */
function managedRequest(client: string | undefined, { environment, resource }: AzureContext): RemoteRequest {
  const host = environment["AZURE_POD_IDENTITY_AUTHORITY_HOST"] || "http://169.254.169.254";
  const query = new URLSearchParams({
    "api-version": "2018-02-01",
    resource,
    ...(client !== undefined && { client_id: client }),
  });
  return {
    method: "GET",
    url: `${host}/metadata/identity/oauth2/token?${query}`,
    headers: { metadata: "true" },
    isLocal: true,
  };
}

function endingToken(what: string, answer: { readonly [field: string]: unknown }, now: number): Ending<string> {
  // The machine's metadata write it as a text.
  const seconds = Number(answer["expires_in"]);
  if (!(seconds > 0)) throw new RemoteError(`${what}: the answer has no expires_in`);
  return { value: textIn(what, answer, "access_token"), endsAt: now + seconds * 1000 };
}

/** `error_description` begins with a code (AADSTS…) and says what is wrong; it holds no secret. */
function reasonIn(text: string): string {
  try {
    const { error_description: reason } = JSON.parse(text) as { readonly error_description?: unknown };
    return typeof reason === "string" ? `: ${shortened(reason)}` : "";
  } catch {
    return "";
  }
}
