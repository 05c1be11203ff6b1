import { parseGoDuration } from "@sallyport/kube";

/** A key of a local provider. `secret` is base64 text and must never be shown. */
export interface EncryptionKey {
  readonly name: string;
  readonly secret: string;
}

/** apiserver.config.k8s.io/v1 KMSConfiguration with its defaults. */
export interface KmsConfiguration {
  readonly apiVersion: string;
  readonly name: string;
  /** Of v1 alone: how many data keys are kept; negative keeps none. */
  readonly cachesize: number | undefined;
  /** `unix:///path`. */
  readonly endpoint: string;
  readonly timeoutMs: number;
  /** As it was written. */
  readonly timeout: string;
}

/** One element of a list of providers; it should have one of these. */
export interface ProviderConfiguration {
  readonly aesgcm?: readonly EncryptionKey[];
  readonly aescbc?: readonly EncryptionKey[];
  readonly secretbox?: readonly EncryptionKey[];
  readonly identity?: true;
  readonly kms?: KmsConfiguration;
}

/** Which resources lie as what: `secrets`, `deployments.apps`, `*.apps`, `*.` (the core group), `*.*`. */
export interface ResourceConfiguration {
  readonly resources: readonly string[];
  readonly providers: readonly ProviderConfiguration[];
}

/** apiserver.config.k8s.io/v1 EncryptionConfiguration. https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/ */
export interface EncryptionConfiguration {
  readonly resources: readonly ResourceConfiguration[];
}

/** A document that is no EncryptionConfiguration: one line that holds nothing of any value. */
export class ConfigurationError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ConfigurationError";
  }
}

const apiVersion = "apiserver.config.k8s.io/v1";

/** The name that the kind had before 1.13; kube-apiserver still takes it. */
const oldKind = { apiVersion: "v1", kind: "EncryptionConfig" };

/** Of the field's Go type. */
const maxInt32 = 2 ** 31 - 1;

/** kube-apiserver's defaults of a KMS provider. */
const defaults = { apiVersion: "v1", timeout: "3s", cachesize: 1000 };

/**
 * The configuration in a parsed document, with defaults, as kube-apiserver decodes it: strictly. Throws `ConfigurationError` for another
 * kind, unknown fields and values of another type; what the values say is checked by `configurationFaults`.
 */
export function decodeConfiguration(document: unknown): EncryptionConfiguration {
  const { apiVersion: version, kind, ...rest } = mapAt("", document, ["apiVersion", "kind", "resources"]);
  const isOld = kind === oldKind.kind && version === oldKind.apiVersion;
  if (!isOld && (kind !== "EncryptionConfiguration" || version !== apiVersion))
    throw new ConfigurationError(`expected kind EncryptionConfiguration of ${apiVersion}`);
  return { resources: listAt("resources", rest["resources"]).map(([path, each]) => resourceAt(path, each)) };
}

function resourceAt(path: string, value: unknown): ResourceConfiguration {
  const { resources, providers } = mapAt(path, value ?? {}, ["resources", "providers"]);
  return {
    resources: listAt(`${path}.resources`, resources).map(([at, each]) => textAt(at, each)),
    providers: listAt(`${path}.providers`, providers).map(([at, each]) => providerAt(at, each)),
  };
}

function providerAt(path: string, value: unknown): ProviderConfiguration {
  const { kms, identity, ...ciphers } = mapAt(path, value ?? {}, ["aesgcm", "aescbc", "secretbox", "identity", "kms"]);
  if (isGiven(identity)) mapAt(`${path}.identity`, identity, []);
  const keyed = Object.entries(ciphers).filter(([, each]) => isGiven(each));
  return {
    ...Object.fromEntries(keyed.map(([name, each]) => [name, keysAt(`${path}.${name}`, each)])),
    ...(isGiven(identity) ? { identity: true } : {}),
    ...(isGiven(kms) ? { kms: kmsAt(`${path}.kms`, kms) } : {}),
  };
}

function keysAt(path: string, value: unknown): readonly EncryptionKey[] {
  const { keys } = mapAt(path, value, ["keys"]);
  return listAt(`${path}.keys`, keys).map(([at, each]) => {
    const { name, secret } = mapAt(at, each ?? {}, ["name", "secret"]);
    return { name: textAt(`${at}.name`, name), secret: textAt(`${at}.secret`, secret) };
  });
}

function kmsAt(path: string, value: unknown): KmsConfiguration {
  const given = mapAt(path, value, ["apiVersion", "name", "cachesize", "endpoint", "timeout"]);
  const version = textAt(`${path}.apiVersion`, given["apiVersion"]) || defaults.apiVersion;
  const timeout = isGiven(given["timeout"]) ? textAt(`${path}.timeout`, given["timeout"]) : defaults.timeout;
  const nanoseconds = parseGoDuration(timeout);
  if (typeof nanoseconds !== "number") throw new ConfigurationError(`${path}.timeout: ${nanoseconds.fault}`);
  const cachesize = given["cachesize"] ?? (version === "v1" ? defaults.cachesize : undefined);
  if (cachesize !== undefined && !(Number.isInteger(cachesize) && Math.abs(cachesize as number) <= maxInt32))
    throw new ConfigurationError(`${path}.cachesize: expected an integer of 32 bits`);
  return {
    apiVersion: version,
    name: textAt(`${path}.name`, given["name"]),
    cachesize: cachesize as number | undefined,
    endpoint: textAt(`${path}.endpoint`, given["endpoint"]),
    timeoutMs: nanoseconds / 1e6,
    timeout,
  };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Fields are compared as written: kube-apiserver takes no other case of letters here. */
function mapAt(path: string, value: unknown, known: readonly string[]): { readonly [field: string]: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ConfigurationError(`${path === "" ? "the document" : path}: expected a map`);
  const unknown = Object.keys(value).filter((field) => !known.includes(field));
  if (unknown.length > 0)
    throw new ConfigurationError(
      unknown.map((field) => `unknown field "${path === "" ? "" : `${path}.`}${field}"`).join(", "),
    );
  return value as { readonly [field: string]: unknown };
}

function listAt(path: string, value: unknown): readonly (readonly [string, unknown])[] {
  if (!isGiven(value)) return [];
  if (!Array.isArray(value)) throw new ConfigurationError(`${path}: expected a list`);
  return value.map((each, i) => [`${path}[${i}]`, each]);
}

function textAt(path: string, value: unknown): string {
  if (!isGiven(value)) return "";
  if (typeof value !== "string") throw new ConfigurationError(`${path}: expected a string`);
  return value;
}
