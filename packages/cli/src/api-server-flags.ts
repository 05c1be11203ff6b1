import { readFileSync } from "node:fs";
import {
  type ApiServerOptions,
  type AuthorizationMode,
  authorizationModes,
  type CredentialOptions,
  documentReader,
  parseTokenFile,
  serviceAccountKeys,
  webhookClient,
} from "@sallyport/apiserver";
import { type RuntimeConfig, runtimeConfigFault } from "@sallyport/kube";
import { Command } from "commander";
import { abacMode, authenticationConfiguration, authorizationConfiguration } from "./access-configuration.ts";
import { readAuthorities } from "./authority-file.ts";
import { list } from "./comma-list.ts";
import { reasonOf, UsageError } from "./errors.ts";
import { millisecondsOf } from "./go-duration.ts";
import { webhookTarget } from "./webhook-kubeconfig.ts";

/** kube-apiserver's flags of what is served, and of authentication and authorization, by its names. */
export interface ApiServerFlags {
  readonly runtimeConfig: readonly string[];
  readonly tokenAuthFile?: string;
  readonly clientCaFile?: string;
  readonly anonymousAuth: string;
  readonly enableBootstrapTokenAuth?: boolean;
  readonly apiAudiences: readonly string[];
  readonly serviceAccountIssuer: readonly string[];
  readonly serviceAccountKeyFile: readonly string[];
  readonly serviceAccountSigningKeyFile?: string;
  readonly serviceAccountJwksUri?: string;
  readonly authenticationConfig?: string;
  readonly authorizationConfig?: string;
  readonly authorizationPolicyFile?: string;
  readonly authorizationMode: readonly string[];
  readonly authorizationWebhookConfigFile?: string;
  readonly authorizationWebhookVersion: string;
  readonly authorizationWebhookCacheAuthorizedTtl: string;
  readonly authorizationWebhookCacheUnauthorizedTtl: string;
  readonly authenticationTokenWebhookConfigFile?: string;
  readonly authenticationTokenWebhookVersion: string;
  readonly authenticationTokenWebhookCacheTtl: string;
  readonly oidcIssuerUrl?: string;
  readonly oidcClientId?: string;
  readonly oidcCaFile?: string;
  readonly oidcUsernameClaim: string;
  readonly oidcUsernamePrefix: string;
  readonly oidcGroupsClaim?: string;
  readonly oidcGroupsPrefix: string;
  readonly oidcRequiredClaim: readonly string[];
  readonly oidcSigningAlgs: readonly string[];
  readonly requestheaderClientCaFile?: string;
  readonly requestheaderAllowedNames: readonly string[];
  readonly requestheaderUsernameHeaders: readonly string[];
  readonly requestheaderUidHeaders: readonly string[];
  readonly requestheaderGroupHeaders: readonly string[];
  readonly requestheaderExtraHeadersPrefix: readonly string[];
}

/** Adds the flags that say who may ask. */
export function addApiServerOptions(command: Command): Command {
  addTokenOptions(command);
  addOidcOptions(command);
  addRequestHeaderOptions(command);
  return command
    .option(
      "--runtime-config <settings>",
      "APIs to serve or not: api/all, api/beta, GROUP/VERSION or GROUP/VERSION/RESOURCE, =true or =false",
      list,
      [],
    )
    .option("--authorization-mode <modes>", `${authorizationModes.join(", ")}, in order, separated by commas`, list, [])
    .option("--authorization-config <file>", "an AuthorizationConfiguration: authorizers with their webhooks, in order")
    .option("--authorization-policy-file <file>", "policies of the mode ABAC, one JSON object a line")
    .option("--authorization-webhook-config-file <file>", "kubeconfig of the service that the mode Webhook asks")
    .option("--authorization-webhook-version <version>", "v1 or v1beta1 of SubjectAccessReview", "v1")
    .option("--authorization-webhook-cache-authorized-ttl <duration>", "how long permissions are remembered", "5m0s")
    .option("--authorization-webhook-cache-unauthorized-ttl <duration>", "how long refusals are remembered", "30s");
}

/** Such flags alone, as they are written (`["--token-auth-file", "FILE"]`). */
export function readApiServerFlags(args: readonly string[]): ApiServerFlags {
  return addApiServerOptions(new Command()).parse(args, { from: "user" }).opts<ApiServerFlags>();
}

function addTokenOptions(command: Command): void {
  command
    .option(
      "--authentication-config <file>",
      "an AuthenticationConfiguration: issuers of tokens with CEL over their claims, and who may be anonymous",
    )
    .option("--token-auth-file <file>", 'static tokens: lines of token,user,uid,"group1,group2"')
    .option("--client-ca-file <file>", "an authority whose client certificates name users")
    .option("--anonymous-auth <true|false>", "take requests without credentials for system:anonymous", "true")
    .option("--enable-bootstrap-token-auth", "take bootstrap tokens of secrets in kube-system")
    .option("--api-audiences <names>", "what tokens must be for; the issuer unless given", list, [])
    .option(
      "--service-account-issuer <urls>",
      "issuer of service accounts' tokens; repeated: the first one signs",
      list,
      [],
    )
    .option(
      "--service-account-key-file <file>",
      "a further key that tokens are checked with; may be repeated",
      list,
      [],
    )
    .option("--service-account-signing-key-file <file>", "key of new tokens; one in the data folder unless given")
    .option("--service-account-jwks-uri <url>", "where the discovery document says that the keys are")
    .option("--authentication-token-webhook-config-file <file>", "kubeconfig of a service that knows tokens")
    .option("--authentication-token-webhook-version <version>", "v1 or v1beta1 of TokenReview", "v1")
    .option("--authentication-token-webhook-cache-ttl <duration>", "how long its answers are remembered", "2m0s");
}

function addOidcOptions(command: Command): void {
  command
    .option("--oidc-issuer-url <url>", "OpenID Connect issuer whose ID tokens are taken")
    .option("--oidc-client-id <id>", "client that the tokens must be for")
    .option("--oidc-ca-file <file>", "authority of the issuer's certificate")
    .option("--oidc-username-claim <claim>", "claim that is the user name", "sub")
    .option("--oidc-username-prefix <prefix>", "put before user names; - for none", "")
    .option("--oidc-groups-claim <claim>", "claim that has the groups")
    .option("--oidc-groups-prefix <prefix>", "put before groups", "")
    .option("--oidc-required-claim <key=value>", "a claim that tokens must have; may be repeated", list, [])
    .option("--oidc-signing-algs <names>", "signatures that are taken", list, []);
}

function addRequestHeaderOptions(command: Command): void {
  command
    .option("--requestheader-client-ca-file <file>", "authority of proxies that say in headers who asks")
    .option("--requestheader-allowed-names <names>", "common names of such proxies; any unless given", list, [])
    .option("--requestheader-username-headers <names>", "headers with the user name", list, [])
    .option("--requestheader-uid-headers <names>", "headers with the uid", list, [])
    .option("--requestheader-group-headers <names>", "headers with groups", list, [])
    .option("--requestheader-extra-headers-prefix <prefixes>", "what headers with extras begin with", list, []);
}

/** What the flags say of who may ask, as `startApiServer` takes it. Reads the files that they name. Throws `UsageError`. */
export function apiServerOptions(
  flags: ApiServerFlags,
): Pick<ApiServerOptions, "authentication" | "authorizationModes" | "authorizationWebhook" | "runtimeConfig"> {
  return { authentication: credentials(flags), ...authorization(flags), runtimeConfig: runtimeConfigOf(flags) };
}

function runtimeConfigOf({ runtimeConfig }: ApiServerFlags): RuntimeConfig {
  const config = new Map<string, boolean>();
  for (const each of runtimeConfig) {
    const [name = "", value = "true"] = each.split("=");
    config.set(name.replace(/^api\/(?=v\d)/, ""), booleanOf(`--runtime-config ${name}`, value));
  }
  const fault = runtimeConfigFault(config);
  if (fault !== undefined) throw new UsageError(`--runtime-config: ${fault}`);
  return config;
}

function credentials(flags: ApiServerFlags): CredentialOptions {
  const { tokenAuthFile, clientCaFile, apiAudiences, serviceAccountIssuer, serviceAccountJwksUri } = flags;
  const [issuer, ...olderIssuers] = serviceAccountIssuer;
  return {
    anonymous: booleanOf("--anonymous-auth", flags.anonymousAuth),
    bootstrapTokens: flags.enableBootstrapTokenAuth === true,
    ...(tokenAuthFile === undefined ? {} : { tokens: tokensOf(tokenAuthFile) }),
    ...(clientCaFile === undefined ? {} : { clientCa: readAuthorities("--client-ca-file", clientCaFile) }),
    ...(apiAudiences.length === 0 ? {} : { apiAudiences }),
    ...(issuer === undefined ? {} : { issuers: [issuer, ...olderIssuers] as const }),
    ...(serviceAccountJwksUri === undefined ? {} : { jwksUri: serviceAccountJwksUri }),
    ...keysOf(flags),
    ...oidcOf(flags),
    ...requestHeadersOf(flags),
    ...tokenWebhookOf(flags),
    ...configuredCredentials(flags),
  };
}

function configuredCredentials(flags: ApiServerFlags): Partial<CredentialOptions> {
  const { authenticationConfig: file, oidcIssuerUrl, serviceAccountIssuer } = flags;
  if (file === undefined) return {};
  if (oidcIssuerUrl !== undefined) throw new UsageError("--authentication-config and --oidc-issuer-url: choose one");
  const issuers = serviceAccountIssuer.length === 0 ? ["https://kubernetes.default.svc"] : serviceAccountIssuer;
  return authenticationConfiguration(file, issuers);
}

function tokensOf(file: string): NonNullable<CredentialOptions["tokens"]> {
  const text = readText("--token-auth-file", file);
  try {
    return parseTokenFile(text, file);
  } catch (error) {
    throw new UsageError(`--token-auth-file ${(error as Error).message}`);
  }
}

function keysOf({
  serviceAccountSigningKeyFile: file,
  serviceAccountKeyFile,
}: ApiServerFlags): Partial<CredentialOptions> {
  if (file === undefined) {
    if (serviceAccountKeyFile.length > 0)
      throw new UsageError("--service-account-key-file: needs --service-account-signing-key-file");
    return {};
  }
  const older = serviceAccountKeyFile.map((each) => readText("--service-account-key-file", each));
  const signing = readText("--service-account-signing-key-file", file);
  try {
    return { serviceAccountKeys: serviceAccountKeys(signing, older) };
  } catch (error) {
    throw new UsageError(`--service-account-signing-key-file ${file}: ${(error as Error).message}`);
  }
}

function oidcOf(flags: ApiServerFlags): Partial<CredentialOptions> {
  const { oidcIssuerUrl, oidcClientId, oidcCaFile, oidcGroupsClaim } = flags;
  if (oidcIssuerUrl === undefined && oidcClientId === undefined) return {};
  if (oidcIssuerUrl === undefined || oidcClientId === undefined)
    throw new UsageError("--oidc-issuer-url and --oidc-client-id: one needs the other");
  if (!oidcIssuerUrl.startsWith("https://"))
    throw new UsageError(`--oidc-issuer-url ${oidcIssuerUrl}: expected a URL that begins with https://`);
  const ca = oidcCaFile === undefined ? undefined : readAuthorities("--oidc-ca-file", oidcCaFile);
  return {
    oidc: {
      issuerUrl: oidcIssuerUrl,
      clientId: oidcClientId,
      usernameClaim: flags.oidcUsernameClaim,
      usernamePrefix: flags.oidcUsernamePrefix,
      ...(oidcGroupsClaim === undefined ? {} : { groupsClaim: oidcGroupsClaim }),
      groupsPrefix: flags.oidcGroupsPrefix,
      requiredClaims: Object.fromEntries(flags.oidcRequiredClaim.map(claimOf)),
      signingAlgorithms: flags.oidcSigningAlgs.length === 0 ? ["RS256"] : flags.oidcSigningAlgs,
      get: documentReader(ca),
      now: Date.now,
    },
  };
}

function claimOf(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`--oidc-required-claim ${text}: expected key=value`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function requestHeadersOf(flags: ApiServerFlags): Partial<CredentialOptions> {
  const { requestheaderClientCaFile: file, requestheaderUsernameHeaders: usernames } = flags;
  if (file === undefined) {
    if (usernames.length > 0)
      throw new UsageError("--requestheader-username-headers: needs --requestheader-client-ca-file");
    return {};
  }
  if (usernames.length === 0)
    throw new UsageError("--requestheader-client-ca-file: needs --requestheader-username-headers");
  const lower = (names: readonly string[]) => names.map((each) => each.toLowerCase());
  return {
    requestHeaders: {
      clientCa: readAuthorities("--requestheader-client-ca-file", file),
      allowedNames: flags.requestheaderAllowedNames,
      usernameHeaders: lower(usernames),
      uidHeaders: lower(flags.requestheaderUidHeaders),
      groupHeaders: lower(flags.requestheaderGroupHeaders),
      extraHeaderPrefixes: lower(flags.requestheaderExtraHeadersPrefix),
    },
  };
}

function tokenWebhookOf(flags: ApiServerFlags): Partial<CredentialOptions> {
  const file = flags.authenticationTokenWebhookConfigFile;
  if (file === undefined) return {};
  const version = versionOf("--authentication-token-webhook-version", flags.authenticationTokenWebhookVersion);
  const ttlMs = millisecondsOf("--authentication-token-webhook-cache-ttl", flags.authenticationTokenWebhookCacheTtl);
  const post = webhookClient(webhookTarget("--authentication-token-webhook-config-file", file));
  return { webhook: { post, version, ttlMs, now: Date.now } };
}

function authorization(flags: ApiServerFlags): Pick<ApiServerOptions, "authorizationModes" | "authorizationWebhook"> {
  if (flags.authorizationConfig !== undefined) {
    if (flags.authorizationMode.length > 0 || flags.authorizationWebhookConfigFile !== undefined)
      throw new UsageError("--authorization-config: goes without --authorization-mode and --authorization-webhook-*");
    return { authorizationModes: authorizationConfiguration(flags.authorizationConfig) };
  }
  const modes = flags.authorizationMode.length === 0 ? ["RBAC"] : flags.authorizationMode;
  for (const mode of modes)
    if (!(authorizationModes as readonly string[]).includes(mode))
      throw new UsageError(`--authorization-mode ${mode}: expected of ${authorizationModes.join(", ")}`);
  if (new Set(modes).size !== modes.length) throw new UsageError("--authorization-mode: a mode is there twice");
  const file = flags.authorizationWebhookConfigFile;
  const isAsked = modes.includes("Webhook");
  if (isAsked !== (file !== undefined))
    throw new UsageError("--authorization-mode Webhook and --authorization-webhook-config-file: one needs the other");
  const policies = flags.authorizationPolicyFile;
  if (modes.includes("ABAC") !== (policies !== undefined))
    throw new UsageError("--authorization-mode ABAC and --authorization-policy-file: one needs the other");
  const authorizationModesOf = {
    authorizationModes: modes.map((mode) =>
      mode === "ABAC" ? abacMode(policies as string) : (mode as AuthorizationMode),
    ),
  };
  if (file === undefined) return authorizationModesOf;
  return {
    ...authorizationModesOf,
    authorizationWebhook: {
      post: webhookClient(webhookTarget("--authorization-webhook-config-file", file)),
      version: versionOf("--authorization-webhook-version", flags.authorizationWebhookVersion),
      authorizedTtlMs: millisecondsOf(
        "--authorization-webhook-cache-authorized-ttl",
        flags.authorizationWebhookCacheAuthorizedTtl,
      ),
      unauthorizedTtlMs: millisecondsOf(
        "--authorization-webhook-cache-unauthorized-ttl",
        flags.authorizationWebhookCacheUnauthorizedTtl,
      ),
      now: Date.now,
    },
  };
}

function versionOf(flag: string, text: string): "v1" | "v1beta1" {
  if (text !== "v1" && text !== "v1beta1") throw new UsageError(`${flag} ${text}: expected v1 or v1beta1`);
  return text;
}

function booleanOf(flag: string, text: string): boolean {
  if (text !== "true" && text !== "false") throw new UsageError(`${flag} ${text}: expected true or false`);
  return text === "true";
}

function readText(flag: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${flag} ${file}: ${reasonOf(error)}`);
  }
}
