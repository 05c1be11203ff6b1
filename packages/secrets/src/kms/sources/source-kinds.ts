/** What a source needs to know, told by a flag of the command line or a field of a file. All values are texts. */
export interface SourceField {
  /** In a file, below the kind's name. */
  readonly name: string;
  /** Without its dashes. */
  readonly flag: string;
  readonly argument: string;
  readonly description: string;
}

/** A kind of sources, one file each in this folder. */
export interface SourceKind {
  readonly name: SourceKindName;
  /** Those that nothing stands for. */
  readonly required: readonly string[];
  readonly fields: readonly SourceField[];
}

export type SourceKindName = "keyRing" | "vault" | "aws" | "azure" | "pkcs11";

/** What a source was told, by the names of its fields. */
export interface SourceValues {
  readonly [field: string]: string | undefined;
}

const keyRing: SourceKind = {
  name: "keyRing",
  required: ["file"],
  fields: [
    field("file", "key-ring", "<file>", "a ring of keys, as `kms-plugin keys add` makes it"),
    field("passphraseFile", "passphrase-file", "<file>", "what the ring is sealed under: a passphrase"),
    field("keyFile", "key-file", "<file>", "or 32 bytes of randomness and more"),
  ],
};

const vault: SourceKind = {
  name: "vault",
  required: ["address", "key"],
  fields: [
    field("address", "vault-address", "<url>", "a Vault or OpenBao with a transit engine"),
    field("key", "vault-key", "<name>", "its key"),
    field("mount", "vault-mount", "<path>", "where the engine is mounted; default: transit"),
    field("namespace", "vault-namespace", "<name>", "the namespace of both"),
    field("caFile", "vault-ca-file", "<file>", "certificates of its authority"),
    field(
      "tokenFile",
      "vault-token-file",
      "<file>",
      "a token, renewed while it can be, read again when it was refused",
    ),
    field("role", "vault-role", "<name>", "or a role of its kubernetes auth method"),
    field("jwtFile", "vault-jwt-file", "<file>", "the service account's token for it; default: the pod's"),
    field("roleId", "vault-role-id", "<id>", "or a role of its approle auth method"),
    field("secretIdFile", "vault-secret-id-file", "<file>", "the secret id for it"),
    field("authMount", "vault-auth-mount", "<path>", "where the method is mounted; default: its name"),
  ],
};

const aws: SourceKind = {
  name: "aws",
  required: ["key"],
  fields: [
    field("key", "aws-key", "<id>", "a symmetric key of AWS KMS: ARN, id or alias/NAME"),
    field("region", "aws-region", "<name>", "its region; default: of the ARN, or AWS_REGION"),
    field("encryptionContext", "aws-encryption-context", "<pairs>", "NAME=VALUE,… that AWS authenticates and logs"),
  ],
};

const azure: SourceKind = {
  name: "azure",
  required: ["vault", "key"],
  fields: [
    field("vault", "azure-vault", "<url>", "a vault of Azure: https://NAME.vault.azure.net"),
    field("key", "azure-key", "<name>", "its RSA key"),
    field("keyVersion", "azure-key-version", "<version>", "a version to stay with; default: the newest seals"),
    field("tenant", "azure-tenant", "<id>", "the directory; default: AZURE_TENANT_ID"),
    field("client", "azure-client", "<id>", "the application, or the machine's identity; default: AZURE_CLIENT_ID"),
    field("clientSecretFile", "azure-client-secret-file", "<file>", "the application's secret"),
    field(
      "federatedTokenFile",
      "azure-federated-token-file",
      "<file>",
      "or a service account's token; default: AZURE_FEDERATED_TOKEN_FILE, else the machine's identity asks",
    ),
  ],
};

const pkcs11: SourceKind = {
  name: "pkcs11",
  required: ["library", "token", "key", "pinFile"],
  fields: [
    field("library", "pkcs11-library", "<file>", "an HSM's library; needs the package pkcs11js beside this program"),
    field("token", "pkcs11-token", "<label>", "the token"),
    field("key", "pkcs11-key", "<label>", "its AES-256 key, which cannot be taken out"),
    field("pinFile", "pkcs11-pin-file", "<file>", "the PIN of its user"),
    field("binding", "pkcs11-binding", "<folder>", "where pkcs11js is installed, if elsewhere"),
  ],
};

/** In the order of the help. */
export const sourceKinds: readonly SourceKind[] = [keyRing, vault, aws, azure, pkcs11];

function field(name: string, flag: string, argument: string, description: string): SourceField {
  return { name, flag, argument, description };
}
