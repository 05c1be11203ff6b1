import { isObject, type JsonObject, type Value } from "@sallyport/rego";
import { fieldOf, PluginConfigError, within } from "../config-fields.ts";
import { awsSigning } from "./aws-signing.ts";
import { azureManagedIdentity } from "./azure-managed-identity.ts";
import { bearer } from "./bearer.ts";
import { clientTls } from "./client-tls.ts";
import { gcpMetadata } from "./gcp-metadata.ts";
import { oauth2 } from "./oauth2.ts";

/** A certificate that a client shows, as PEM. */
export interface ClientCertificate {
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
}

/** Variables of the process around us. */
export type Environment = { readonly [name: string]: string | undefined };

/** A request that is about to be sent. */
export interface Outgoing {
  readonly method: string;
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: Uint8Array | undefined;
}

/** Who a service takes us for. https://www.openpolicyagent.org/docs/configuration#services */
export interface Credentials {
  /** Headers that a request needs beside its own. Rejects when they cannot be had. */
  readonly headersOf: (request: Outgoing) => Promise<{ readonly [name: string]: string }>;
  readonly certificate?: () => ClientCertificate;
}

/** What kinds of credentials are given. */
export interface CredentialContext {
  /** Of the service. */
  readonly url: string;
  /** A registry of artifacts, `type: oci`. */
  readonly isOci: boolean;
  /** The `keys` of the whole configuration, by name. */
  readonly keys: Value;
  /** Sends what is asked for beside the request itself, as a token. */
  readonly send: (
    request: Outgoing,
    options: { readonly isOwnTrust: boolean },
  ) => Promise<{
    readonly status: number;
    readonly text: string;
  }>;
  readonly environment: Environment;
  /** Wall clock, in milliseconds. */
  readonly now: () => number;
}

/** Reads one kind's configuration. Throws `PluginConfigError`, without the service's name. */
export type CredentialKind = (config: Value, context: CredentialContext) => Credentials;

const kinds: { readonly [name: string]: CredentialKind } = {
  bearer,
  oauth2,
  client_tls: clientTls,
  s3_signing: awsSigning,
  gcp_metadata: gcpMetadata,
  azure_managed_identity: azureManagedIdentity,
};

const none: Credentials = { headersOf: async () => ({}) };

/** The one kind that a service's `credentials` name, or none. Throws `PluginConfigError`. */
export function credentialsOf(config: Value, context: CredentialContext): Credentials {
  const given = fieldOf(config, "credentials") ?? {};
  const named = isObject(given) ? Object.entries(given as JsonObject).filter(([, value]) => value !== null) : [];
  if (named.length > 1) throw new PluginConfigError("a maximum one credential method must be specified");
  const [kind, value] = named[0] ?? [];
  if (kind === undefined) return none;
  if (kind === "plugin") throw new PluginConfigError("credentials.plugin: there are no plugins of one's own here");
  const read = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (read === undefined)
    throw new PluginConfigError(`credentials.${kind} is unknown; known: ${Object.keys(kinds).join(", ")}`);
  return within(`credentials.${kind}`, () => read(value as Value, context));
}
