import { readPrivateFile, readPrivateText } from "../../private-file.ts";
import type { AwsContext } from "../../remote/aws-keys.ts";
import type { AzureIdentity } from "../../remote/azure-token.ts";
import type { Environment, Remote } from "../../remote/remote.ts";
import { safeUrl } from "../../remote/safe-url.ts";
import type { VaultAuth } from "../../remote/vault.ts";
import { SourceError } from "../../source-error.ts";
import type { KeySource } from "../key-source.ts";
import type { RingSecret } from "./key-ring-seal.ts";
import { withKmsFaults } from "./kms-faults.ts";
import type { Pkcs11 } from "./pkcs11-token.ts";
import { type SourceKindName, type SourceValues, sourceKinds } from "./source-kinds.ts";

export interface SourceContext {
  readonly environment: Environment;
  /** For each call of a service. */
  readonly timeoutMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of what does not end a call: a key ring that cannot be read again. */
  readonly onFault: (text: string) => void;
  /** The package pkcs11js, of a folder or from where the program finds it. Throws where it is not installed. */
  readonly loadPkcs11: (folder: string | undefined) => Pkcs11;
}

type Open = (values: SourceValues, context: SourceContext) => Promise<KeySource>;

/** Opens a source as it is configured; nothing is asked yet. Rejects with `SourceError`. */
export async function openKeySource(
  kind: SourceKindName,
  values: SourceValues,
  context: SourceContext,
): Promise<KeySource> {
  const { required = [] } = sourceKinds.find(({ name }) => name === kind) ?? {};
  const missing = required.filter((name) => !values[name]);
  if (missing.length > 0) throw new SourceError(`${missing.map((name) => flagOf(kind, name)).join(" and ")}: needed`);
  return withKmsFaults(await opens[kind](values, context));
}

/** As a person wrote it, or would have. */
function flagOf(kind: SourceKindName, name: string): string {
  const found = sourceKinds.find((each) => each.name === kind)?.fields.find((each) => each.name === name);
  return `--${found?.flag ?? name} (${kind}.${name})`;
}

const openKeyRing: Open = async (values, { onFault }) => {
  const { KeyRingFile } = await import("./key-ring-file.ts");
  const { KeyRingSource } = await import("./key-ring.ts");
  return KeyRingSource.over(new KeyRingFile(values["file"] as string, ringSecretOf(values)), onFault);
};

/** Reads what a ring is sealed under. Throws `SourceError` where both or none is named; rejects with it for the file. */
export function ringSecretOf({ passphraseFile, keyFile }: SourceValues): () => Promise<RingSecret> {
  if ((passphraseFile === undefined) === (keyFile === undefined))
    throw new SourceError(`${flagOf("keyRing", "passphraseFile")} or ${flagOf("keyRing", "keyFile")}: one is needed`);
  return async () =>
    passphraseFile === undefined
      ? { kind: "key", bytes: await readPrivateFile(keyFile as string) }
      : { kind: "passphrase", bytes: Buffer.from(await readPrivateText(passphraseFile)) };
}

const openVault: Open = async (values, context) => {
  const { VaultTransit } = await import("./vault-transit.ts");
  const { Vault } = await import("../../remote/vault.ts");
  const { readAuthorities } = await import("../../remote/remote.ts");
  const { namespace, caFile, mount = "transit", key = "" } = values;
  const address = safeUrl(flagOf("vault", "address"), values["address"] ?? "");
  const auth = vaultAuthOf(values);
  const remote = await remoteFor(context, caFile === undefined ? undefined : await readAuthorities(caFile));
  const vault = new Vault({ address, auth, remote, now: context.now, ...(namespace && { namespace }) });
  return new VaultTransit({ vault, mount, key, close: () => remote.close() });
};

const podToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";

function vaultAuthOf({
  tokenFile,
  role,
  roleId,
  secretIdFile,
  jwtFile = podToken,
  authMount,
}: SourceValues): VaultAuth {
  const given = [tokenFile, role, roleId].filter((each) => each !== undefined);
  if (given.length !== 1)
    throw new SourceError(
      `${["tokenFile", "role", "roleId"].map((name) => flagOf("vault", name)).join(", ")}: exactly one is needed`,
    );
  if (tokenFile !== undefined) return { kind: "token", file: tokenFile };
  if (role !== undefined) return { kind: "kubernetes", mount: authMount ?? "kubernetes", role, tokenFile: jwtFile };
  if (secretIdFile === undefined) throw new SourceError(`${flagOf("vault", "secretIdFile")}: needed`);
  return { kind: "approle", mount: authMount ?? "approle", roleId: roleId as string, secretIdFile };
}

const openAws: Open = async (values, context) => {
  const { AwsKms } = await import("./aws-kms.ts");
  const { awsKeys } = await import("../../remote/aws-keys.ts");
  const { environment, now } = context;
  const key = values["key"] as string;
  const region =
    values["region"] ??
    /^arn:[\w-]+:kms:([\w-]+):/.exec(key)?.[1] ??
    (environment["AWS_REGION"] || environment["AWS_DEFAULT_REGION"]);
  if (!region) throw new SourceError(`${flagOf("aws", "region")}: needed, or AWS_REGION`);
  const pairs = pairsOf(flagOf("aws", "encryptionContext"), values["encryptionContext"] ?? "");
  const remote = await remoteFor(context);
  const base: AwsContext = { region, environment, remote, now };
  const service = { ...base, service: "kms", target: "TrentService", keys: awsKeys(base) };
  return new AwsKms({ aws: service, key, context: pairs, close: () => remote.close() });
};

function pairsOf(flag: string, text: string): { readonly [name: string]: string } {
  const pairs = text.split(",").filter((each) => each !== "");
  const wrong = pairs.find((each) => !/^[^=]+=/.test(each));
  if (wrong !== undefined) throw new SourceError(`${flag}: expected NAME=VALUE,…`);
  // Sorted: the same pairs are the same context, in whatever order they were written.
  return Object.fromEntries(pairs.sort().map((each) => [each.replace(/=.*/s, ""), each.replace(/^[^=]*=/, "")]));
}

const openAzure: Open = async (values, context) => {
  const { AzureKeyVault } = await import("./azure-key-vault.ts");
  const { azureToken, tokenResourceOf } = await import("../../remote/azure-token.ts");
  const vault = safeUrl(flagOf("azure", "vault"), values["vault"] ?? "");
  const { key = "", keyVersion } = values;
  const remote = await remoteFor(context);
  const { environment, now } = context;
  const token = azureToken(azureIdentityOf(values, environment), {
    resource: tokenResourceOf(vault),
    environment,
    remote,
    now,
  });
  return new AzureKeyVault({ vault, key, token, remote, ...(keyVersion !== undefined && { version: keyVersion }) });
};

function azureIdentityOf(values: SourceValues, environment: Environment): AzureIdentity {
  const client = values["client"] ?? (environment["AZURE_CLIENT_ID"] || undefined);
  const tenant = values["tenant"] ?? (environment["AZURE_TENANT_ID"] || undefined);
  const { clientSecretFile: secretFile } = values;
  const tokenFile = values["federatedTokenFile"] ?? (environment["AZURE_FEDERATED_TOKEN_FILE"] || undefined);
  if (secretFile === undefined && tokenFile === undefined) return { kind: "managed", client };
  if (client === undefined || tenant === undefined)
    throw new SourceError(`${flagOf("azure", "tenant")} and ${flagOf("azure", "client")}: needed`);
  return secretFile === undefined
    ? { kind: "workload", tenant, client, tokenFile: tokenFile as string }
    : { kind: "secret", tenant, client, secretFile };
}

const openPkcs11: Open = async (values, { loadPkcs11, timeoutMs }) => {
  const { Pkcs11Source } = await import("./pkcs11.ts");
  const { library = "", token = "", key = "", pinFile = "", binding } = values;
  const pkcs11 = loadPkcs11(binding);
  try {
    pkcs11.load(library);
  } catch (error) {
    throw new SourceError(`${library}: no library of PKCS#11: ${(error as Error).message.split("\n")[0]}`);
  }
  return new Pkcs11Source({ pkcs11, token, key, pinFile, timeoutMs });
};

const opens: { readonly [Kind in SourceKindName]: Open } = {
  keyRing: openKeyRing,
  vault: openVault,
  aws: openAws,
  azure: openAzure,
  pkcs11: openPkcs11,
};

async function remoteFor({ timeoutMs, environment }: SourceContext, ca?: string): Promise<Remote> {
  const { Remote: Opened } = await import("../../remote/remote.ts");
  return new Opened({ timeoutMs, environment, ...(ca !== undefined && { ca }) });
}
