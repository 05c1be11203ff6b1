import { createHash } from "node:crypto";
import type { OwnerReference } from "@sallyport/kube";
import { type ExternalSecret, ExternalSecretError, type SecretData } from "./external-secret.ts";
import { checkKeys } from "./secret-keys.ts";
import { type LoadedTemplate, renderAt, renderLoaded } from "./template-from.ts";

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
    readonly managedFields?: readonly {
      readonly manager?: string;
      readonly fieldsV1?: { readonly [field: string]: object };
    }[];
  };
  readonly type?: string;
  readonly immutable?: boolean;
  /** Base64. */
  readonly data?: { readonly [key: string]: string };
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
  const { creationPolicy = "Owner", deletionPolicy = "Retain", manifest } = target;
  if (forbidden.some(([creation, deletion]) => creation === creationPolicy && deletion === deletionPolicy))
    throw new ExternalSecretError(
      `spec.target: deletionPolicy ${deletionPolicy} must not go with creationPolicy ${creationPolicy}`,
    );
  if (manifest !== undefined) throw new ExternalSecretError("spec.target.manifest: only Secrets are supported");
}

/** The Secret that is wanted, of the data that the stores gave, and templates that lie elsewhere. Throws `ExternalSecretError`. */
export function desiredSecret(
  external: ExternalSecret,
  provided: SecretData,
  loaded: readonly LoadedTemplate[] = [],
): SecretObject {
  const { metadata, spec } = external;
  const { name = metadata.name, template, immutable } = spec.target ?? {};
  const data = templated(external, provided, loaded);
  checkKeys(data);
  const { labels, annotations } = writtenMetadata(external, provided, loaded);
  const { finalizers } = template?.metadata ?? {};
  const encoded = Object.fromEntries([...data].map(([key, value]) => [key, Buffer.from(value).toString("base64")]));
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name,
      namespace: metadata.namespace,
      labels: { ...labels, ...managedLabel },
      annotations: { ...annotations, [hashAnnotation]: hashOf(encoded) },
      ...(finalizers !== undefined && { finalizers }),
    },
    type: template?.type ?? "Opaque",
    ...(immutable === true && { immutable }),
    data: encoded,
  };
}

type Texts = { readonly [name: string]: string };

/** Those of the ExternalSecret, or of its template, which may make them of values: a person who may see labels then sees these. */
function writtenMetadata({ metadata, spec }: ExternalSecret, provided: SecretData, loaded: readonly LoadedTemplate[]) {
  const { metadata: own } = spec.target?.template ?? {};
  const made = (field: string, texts: Texts | undefined) =>
    Object.entries(texts ?? {}).map(([name, text]) => {
      const place = `spec.target.template.metadata.${field}[${name}]`;
      return [name, renderAt(place, text, provided)] as const;
    });
  const copied = Object.entries(metadata.annotations ?? {}).filter(([each]) => each !== notCopied);
  const labels = own?.labels === undefined ? Object.entries(metadata.labels ?? {}) : made("labels", own.labels);
  const annotations = own?.annotations === undefined ? copied : made("annotations", own.annotations);
  return {
    labels: Object.fromEntries([...renderLoaded(loaded, "Labels", provided), ...labels]),
    annotations: Object.fromEntries([...renderLoaded(loaded, "Annotations", provided), ...annotations]),
  };
}

/** What templates elsewhere make stands below what those of the ExternalSecret make. */
function templated({ spec }: ExternalSecret, provided: SecretData, loaded: readonly LoadedTemplate[]): SecretData {
  const { data, mergePolicy = "Replace" } = spec.target?.template ?? {};
  if (data === undefined && !loaded.some(({ target }) => target === "Data")) return provided;
  const own = Object.entries(data ?? {}).map(
    ([key, template]) => [key, renderAt(`spec.target.template.data[${key}]`, template, provided)] as const,
  );
  const made = [...renderLoaded(loaded, "Data", provided), ...own].map(
    ([key, text]) => [key, Buffer.from(text)] as const,
  );
  return new Map<string, Uint8Array>([...(mergePolicy === "Merge" ? provided : []), ...made]);
}
