import { parse } from "yaml";
import { type FileEntry, fileEntries } from "../files/file-entry.ts";
import { SourceError } from "../source-error.ts";
import type { StoreCredentials } from "../stores/store-context.ts";
import type { ProviderSpec } from "../stores/store-spec.ts";
import type { MountRequest } from "./wire.ts";

/** The pod whose volume is mounted, as the kubelet tells it. */
export interface MountingPod {
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

export interface MountParameters {
  readonly pod: MountingPod;
  readonly provider: ProviderSpec;
  readonly entries: readonly FileEntry[];
  readonly credentials: StoreCredentials;
  /** Of files that name none. */
  readonly mode: number;
}

type Texts = { readonly [name: string]: string };

const kubelet = "csi.storage.k8s.io/";
const tokensField = `${kubelet}serviceAccount.tokens`;

/** Names of ours among the parameters; all else is a slip. */
const known: readonly string[] = ["store", "objects", "roleArn", "clientId", "tenantId"];

/** What of a request is asked for. Throws `SourceError` by the parameter. */
export function mountParameters(request: MountRequest): MountParameters {
  const attributes = textsOf("attributes", request.attributes);
  const secrets = request.secrets === "" ? {} : textsOf("secrets", request.secrets);
  const unknown = Object.keys(attributes).find(
    (name) => !name.startsWith(kubelet) && !isDrivers(name) && !known.includes(name),
  );
  if (unknown !== undefined) throw new SourceError(`parameters.${unknown}: not known; expected ${known.join(", ")}`);
  const pod = {
    name: attributes[`${kubelet}pod.name`] ?? "",
    namespace: attributes[`${kubelet}pod.namespace`] ?? "",
    serviceAccount: attributes[`${kubelet}serviceAccount.name`] ?? "",
  };
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(pod.namespace))
    throw new SourceError(`${kubelet}pod.namespace: needed; the driver tells it with podInfoOnMount`);
  return {
    pod,
    provider: mapOf("parameters.store", attributes["store"]) as ProviderSpec,
    entries: fileEntries("parameters.objects", yamlOf("parameters.objects", attributes["objects"])),
    credentials: credentialsOf(pod, attributes, secrets),
    mode: permissionOf(request.permission),
  };
}

/** Parameters that the driver has for itself. */
function isDrivers(name: string): boolean {
  return name === "secretProviderClass" || name === "nodePublishSecretRef";
}

/** A map of texts, whose parser's own words would quote it. */
function textsOf(field: string, text: string): Texts {
  try {
    const value: unknown = JSON.parse(text);
    const isTexts =
      typeof value === "object" && value !== null && Object.values(value).every((each) => typeof each === "string");
    if (isTexts && !Array.isArray(value)) return value as Texts;
  } catch {
    // Told below.
  }
  throw new SourceError(`${field}: expected a JSON object of texts`);
}

function yamlOf(field: string, text: string | undefined): unknown {
  if (!text) throw new SourceError(`${field}: needed`);
  try {
    return parse(text, { maxAliasCount: 100 });
  } catch (error) {
    const [at] =
      (error as { readonly linePos?: readonly { readonly line: number; readonly col: number }[] }).linePos ?? [];
    throw new SourceError(`${field}: no YAML${at === undefined ? "" : ` at line ${at.line}, column ${at.col}`}`);
  }
}

function mapOf(field: string, text: string | undefined): object {
  const value = yamlOf(field, text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new SourceError(`${field}: expected a provider as in a SecretStore, such as {vault: {server: …}}`);
}

/** The driver sends 420 for 0644. */
function permissionOf(text: string): number {
  const mode = text === "" ? 0o644 : Number(text);
  if (Number.isInteger(mode) && mode >= 0 && mode <= 0o777) return mode;
  throw new SourceError("permission: expected a mode, a decimal number from 0 to 511");
}

/** A pod's own: what its volume names, and the tokens of its account that the driver asked the kubelet for. */
function credentialsOf(pod: MountingPod, attributes: Texts, secrets: Texts): StoreCredentials {
  // Newer drivers have the tokens among the secrets, where no log shows them.
  const tokens = secrets[tokensField] ?? attributes[tokensField];
  return {
    secret: async ({ key = "" }) => {
      const value = secrets[key];
      if (!value) throw new SourceError(`the volume's nodePublishSecretRef has no key ${key}`);
      return value.replace(/\r?\n$/, "");
    },
    certificates: async ({ key = "ca.crt" }) => {
      const value = secrets[key];
      if (!value) throw new SourceError(`the volume's nodePublishSecretRef has no key ${key}; caBundle needs none`);
      return value;
    },
    accountToken: async ({ name }, audiences) => {
      checkAccount(pod, name);
      return tokenFor(tokens, audiences);
    },
    accountAnnotations: async ({ name }) => {
      checkAccount(pod, name);
      const { roleArn, clientId, tenantId } = attributes;
      return {
        ...(roleArn && { "eks.amazonaws.com/role-arn": roleArn }),
        ...(clientId && { "azure.workload.identity/client-id": clientId }),
        ...(tenantId && { "azure.workload.identity/tenant-id": tenantId }),
      };
    },
  };
}

function checkAccount({ serviceAccount }: MountingPod, name: string): void {
  if (name !== serviceAccount)
    throw new SourceError(`service account ${name}: the pod is ${serviceAccount}, and has no other one's tokens`);
}

function tokenFor(json: string | undefined, audiences: readonly string[]): string {
  let tokens: { readonly [audience: string]: { readonly token?: unknown } | undefined } = {};
  try {
    tokens = JSON.parse(json ?? "{}") ?? {};
  } catch {
    // Told below.
  }
  const wanted = audiences.length > 0 ? audiences : [""];
  const found = wanted.map((each) => (Object.hasOwn(tokens, each) ? tokens[each]?.token : undefined)).find(Boolean);
  if (typeof found === "string") return found;
  const shown = wanted.map((each) => each || "the API server").join(" or ");
  throw new SourceError(`the driver gave no token for ${shown}: its CSIDriver has tokenRequests for audiences`);
}
