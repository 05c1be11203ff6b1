import { createPrivateKey, createSecretKey, type KeyObject, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { isObject, type JsonObject, type Value } from "@sallyport/rego";
import { fieldOf, PluginConfigError, stringAt, stringsAt, textsAt } from "../config-fields.ts";
import type { CredentialContext, CredentialKind } from "./credentials.ts";

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const grants = { credentials: "client_credentials", assertion: "jwt_bearer" } as const;

/** A token that ends sooner is not used again; seconds. */
const leastLifetime = 10;
/** How long what we sign is good, as OPA's. */
const assertionMs = 600_000;

/** What proves who the client is, beside its id. Those of clouds' key stores are not here. */
const proofs = ["client_secret", "signing_key", "client_assertion", "client_assertion_path"] as const;
const absent = ["aws_kms", "azure_keyvault"] as const;

/** `oauth2`: a token by client credentials (RFC 6749, 4.4; RFC 7523, 2.2) or for an assertion (RFC 7523, 2.1), kept until shortly before its end. */
export const oauth2: CredentialKind = (config, context) => {
  const client = readClient(config, context);
  let known: { readonly token: string; readonly ends: number } | undefined;
  return {
    headersOf: async () => {
      if (known === undefined || known.ends - context.now() < leastLifetime * 1000)
        known = await fetchToken(client, context);
      return { Authorization: `Bearer ${known.token}` };
    },
  };
};

interface Client {
  readonly config: Value;
  readonly url: string;
  readonly isAssertion: boolean;
  readonly id: string;
  readonly secret: string;
  readonly signing: Signing | undefined;
}

interface Signing {
  readonly key: KeyObject;
  readonly algorithm: string;
}

function readClient(config: Value, context: CredentialContext): Client {
  const grant = stringAt(config, "grant_type") || grants.credentials;
  if (grant !== grants.credentials && grant !== grants.assertion)
    throw new PluginConfigError("grant_type must be either client_credentials or jwt_bearer");
  const unknown = absent.find((name) => fieldOf(config, name) !== undefined);
  if (unknown !== undefined)
    throw new PluginConfigError(`${unknown}: keys of a cloud's store are not used here; name a signing_key`);
  const url = stringAt(config, "token_url") ?? "";
  if (!url.startsWith("https://")) throw new PluginConfigError("token_url required to use https scheme");
  const isAssertion = grant === grants.assertion;
  const id = stringAt(config, "client_id") ?? "";
  if (!isAssertion) checkProof(config, id);
  const keyName = stringAt(config, "signing_key") ?? "";
  const signing = isAssertion || keyName !== "" ? signingOf(keyName, context) : undefined;
  return { config, url, isAssertion, id, secret: stringAt(config, "client_secret") ?? "", signing };
}

function checkProof(config: Value, id: string): void {
  const given = proofs.filter((name) => (stringAt(config, name) ?? "") !== "");
  const all = `${proofs.slice(0, -1).join(", ")} or ${proofs.at(-1)}`;
  if (given.length === 0) throw new PluginConfigError(`please provide one of ${all}`);
  if (given.length > 1) throw new PluginConfigError(`can only use one of ${all}`);
  if (id === "" && given[0] !== "signing_key") throw new PluginConfigError(`client_id and ${given[0]} required`);
}

/** A key of the configuration's `keys`: PEM, or the secret itself for HMAC. */
function signingOf(name: string, { keys }: CredentialContext): Signing {
  if (name === "") throw new PluginConfigError("signing_key required for jwt_bearer grant type");
  const key = fieldOf(keys, name);
  if (key === undefined) throw new PluginConfigError("signing_key refers to non-existent key");
  const secret = stringAt(key, "private_key") ?? "";
  if (secret === "") throw new PluginConfigError("referenced signing_key does not include a private key");
  const algorithm = stringAt(key, "algorithm") || "RS256";
  try {
    const read = algorithm.startsWith("HS") ? createSecretKey(Buffer.from(secret)) : createPrivateKey(secret);
    return { key: read, algorithm };
  } catch {
    // Whatever OpenSSL says of it may hold parts of the key.
    throw new PluginConfigError(`signing_key: no private key for ${algorithm} in PEM`);
  }
}

async function fetchToken(client: Client, context: CredentialContext): Promise<{ token: string; ends: number }> {
  const { config, url, isAssertion, id, secret } = client;
  const isBasic = !isAssertion && secret !== "";
  const headers = {
    "Content-Type": "application/x-www-form-urlencoded",
    // Go's SetBasicAuth, which does not escape them first.
    ...(isBasic && { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` }),
    ...textsAt(config, "additional_headers"),
  };
  const form = await formOf(client, context);
  // As Go writes forms.
  form.sort();
  const body = Buffer.from(form.toString());
  const { status, text } = await context.send({ method: "POST", url, headers, body }, { isOwnTrust: true });
  if (status !== 200) throw new Error(`error in response from OAuth2 token endpoint: ${text.slice(0, 1000)}`);
  const answer = JSON.parse(text) as { access_token?: string; token_type?: string; expires_in?: number };
  if (answer.token_type?.toLowerCase() !== "bearer" || answer.access_token === undefined)
    throw new Error("unknown token type returned from token endpoint");
  return { token: answer.access_token.trim(), ends: context.now() + (answer.expires_in ?? 0) * 1000 };
}

async function formOf(client: Client, context: CredentialContext): Promise<URLSearchParams> {
  const { config, isAssertion, id } = client;
  const scopes = stringsAt(config, "scopes");
  const form = new URLSearchParams(scopes.length === 0 ? {} : { scope: scopes.join(" ") });
  for (const [name, value] of Object.entries(textsAt(config, "additional_parameters"))) form.set(name, value);
  if (isAssertion) {
    form.append("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    form.append("assertion", await signedAssertion(client, context));
    return form;
  }
  form.append("grant_type", grants.credentials);
  const assertion = await assertionOf(client, context);
  if (assertion === undefined) return form;
  const type =
    client.signing === undefined ? stringAt(config, "client_assertion_type") || assertionType : assertionType;
  form.append("client_assertion_type", type);
  form.append("client_assertion", assertion);
  if (id !== "") form.append("client_id", id);
  return form;
}

/** What stands for the client's secret, when it has none. */
async function assertionOf(client: Client, context: CredentialContext): Promise<string | undefined> {
  if (client.signing !== undefined) return signedAssertion(client, context);
  const path = stringAt(client.config, "client_assertion_path") ?? "";
  if (path !== "") return readFileSync(path, "utf8").trim();
  return stringAt(client.config, "client_assertion") || undefined;
}

async function signedAssertion({ config, signing }: Client, { now }: CredentialContext): Promise<string> {
  const { SignJWT } = await import("jose");
  const { key, algorithm } = signing as Signing;
  const extra = fieldOf(config, "additional_claims") ?? {};
  const scopes = stringsAt(config, "scopes");
  const claims = {
    ...(isObject(extra) ? (extra as JsonObject) : {}),
    ...(scopes.length > 0 && { scope: scopes.join(" ") }),
    ...(fieldOf(config, "include_jti_claim") === true && { jti: randomUUID() }),
  };
  const thumbprint = stringAt(config, "thumbprint") ?? "";
  const x5t = thumbprint === "" ? {} : { x5t: Buffer.from(thumbprint, "hex").toString("base64url") };
  const issued = new Date(now());
  return new SignJWT(claims)
    .setProtectedHeader({ typ: "JWT", alg: algorithm, ...x5t })
    .setIssuedAt(issued)
    .setExpirationTime(new Date(issued.getTime() + assertionMs))
    .sign(key);
}
