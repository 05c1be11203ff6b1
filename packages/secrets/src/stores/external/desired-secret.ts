import { createHash } from "node:crypto";
import { type ExternalSecret, ExternalSecretError, type SecretData } from "./external-secret.ts";
import { checkKeys } from "./secret-keys.ts";
import { renderTemplate } from "./template.ts";

/** A Secret as an API server takes it. Its data must never be shown. */
export interface SecretObject {
  readonly apiVersion: "v1";
  readonly kind: "Secret";
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: { readonly [name: string]: string };
    readonly annotations?: { readonly [name: string]: string };
    readonly finalizers?: readonly string[];
    readonly ownerReferences?: readonly OwnerReference[];
  };
  readonly type?: string;
  readonly immutable?: boolean;
  /** Base64. */
  readonly data?: { readonly [key: string]: string };
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** Marks Secrets that an operator of External Secrets has written. */
export const managedLabel = { "reconcile.external-secrets.io/managed": "true" };

/** Tells whether somebody has changed the data since. Who may read it may read the data. */
export const hashAnnotation = "reconcile.external-secrets.io/data-hash";

/** What kubectl keeps there is the ExternalSecret, not the Secret. */
const notCopied = "kubectl.kubernetes.io/last-applied-configuration";

/** Of `hashAnnotation`. */
export function hashOf(data: SecretObject["data"]): string {
  const sorted = Object.entries(data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex");
}

/** Pairs that would delete what somebody else has made. */
const forbidden: readonly (readonly [creation: string, deletion: string])[] = [
  ["Merge", "Delete"],
  ["None", "Delete"],
  ["None", "Merge"],
];

/** Throws `ExternalSecretError` for what is not supported, or would harm. */
export function checkTarget({ spec: { target = {} } }: ExternalSecret): void {
  const { creationPolicy = "Owner", deletionPolicy = "Retain", manifest, template } = target;
  if (forbidden.some(([creation, deletion]) => creation === creationPolicy && deletion === deletionPolicy))
    throw new ExternalSecretError(
      `spec.target: deletionPolicy ${deletionPolicy} must not go with creationPolicy ${creationPolicy}`,
    );
  if (manifest !== undefined) throw new ExternalSecretError("spec.target.manifest: only Secrets are supported");
  if ((template?.templateFrom ?? []).length > 0)
    throw new ExternalSecretError("spec.target.template.templateFrom is not supported; template.data is");
}

/** The Secret that is wanted, of the data that the stores gave. Throws `ExternalSecretError`. */
export function desiredSecret(external: ExternalSecret, provided: SecretData): SecretObject {
  const { metadata, spec } = external;
  const { name = metadata.name, template, immutable } = spec.target ?? {};
  const data = templated(external, provided);
  checkKeys(data);
  const { labels = metadata.labels, annotations = metadata.annotations, finalizers } = template?.metadata ?? {};
  const copied = Object.entries(annotations ?? {}).filter(([each]) => each !== notCopied);
  const encoded = Object.fromEntries([...data].map(([key, value]) => [key, Buffer.from(value).toString("base64")]));
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name,
      namespace: metadata.namespace,
      labels: { ...labels, ...managedLabel },
      annotations: { ...Object.fromEntries(copied), [hashAnnotation]: hashOf(encoded) },
      ...(finalizers !== undefined && { finalizers }),
    },
    type: template?.type ?? "Opaque",
    ...(immutable === true && { immutable }),
    data: encoded,
  };
}

function templated({ spec }: ExternalSecret, provided: SecretData): SecretData {
  const { data, mergePolicy = "Replace" } = spec.target?.template ?? {};
  if (data === undefined) return provided;
  const rendered = Object.entries(data).map(([key, template]) => {
    try {
      return [key, Buffer.from(renderTemplate(template, provided))] as const;
    } catch (error) {
      if (error instanceof ExternalSecretError)
        throw new ExternalSecretError(`spec.target.template.data[${key}]: ${error.message}`);
      throw error;
    }
  });
  return new Map<string, Uint8Array>([...(mergePolicy === "Merge" ? provided : []), ...rendered]);
}
