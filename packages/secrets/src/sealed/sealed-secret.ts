import type { KeyObject } from "node:crypto";
import { hybridDecrypt, hybridEncrypt } from "./hybrid.ts";
import { labelOf, type Scope, scopeOf, withScope } from "./scope.ts";
import { SealError } from "./seal-error.ts";

interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly annotations?: { readonly [name: string]: string };
  readonly [field: string]: unknown;
}

/** A Secret as written in a manifest. */
export interface SecretManifest {
  readonly apiVersion: "v1";
  readonly kind: "Secret";
  readonly metadata: Metadata;
  readonly type?: string;
  readonly immutable?: boolean;
  /** In base64. */
  readonly data?: { readonly [key: string]: string };
  readonly stringData?: { readonly [key: string]: string };
}

/** bitnami.com/v1alpha1 */
export interface SealedSecret {
  readonly apiVersion: "bitnami.com/v1alpha1";
  readonly kind: "SealedSecret";
  readonly metadata: Metadata;
  readonly spec: {
    /** What the Secret will have beside its sealed data. Values of `data` are Go templates over them. */
    readonly template?: {
      readonly metadata?: Metadata;
      readonly type?: string;
      readonly immutable?: boolean;
      readonly data?: { readonly [key: string]: string };
    };
    /** Each value in base64, as `hybridEncrypt` makes it. */
    readonly encryptedData: { readonly [key: string]: string };
  };
}

/** kubectl's copy of what it applied: the Secret in clear, which must not be in what is sealed. */
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** Seals each value, as `kubeseal` does. `scope` counts over the Secret's annotations. Throws `SealError`. */
export function sealSecret(secret: SecretManifest, publicKey: KeyObject, scope?: Scope): SealedSecret {
  const { name = "", namespace = "", annotations } = secret.metadata;
  const used = scope ?? scopeOf(annotations);
  requirePlace(used, namespace, name);
  const label = labelOf(used, namespace, name);
  const seal = (value: Buffer) => hybridEncrypt(publicKey, value, label).toString("base64");
  const encryptedData = Object.fromEntries(plainData(secret).map(([key, value]) => [key, seal(value)]));
  if (Object.keys(encryptedData).length === 0) throw new SealError("the Secret has no data: there is nothing to seal");
  const scoped = withScope(undefined, used);
  return {
    apiVersion: "bitnami.com/v1alpha1",
    kind: "SealedSecret",
    metadata: {
      ...(name === "" ? {} : { name }),
      ...(namespace === "" ? {} : { namespace }),
      ...(Object.keys(scoped).length === 0 ? {} : { annotations: scoped }),
    },
    spec: {
      encryptedData,
      template: {
        metadata: templateMetadata(secret.metadata, used),
        ...(secret.type === undefined ? {} : { type: secret.type }),
        ...(secret.immutable === undefined ? {} : { immutable: secret.immutable }),
      },
    },
  };
}

function requirePlace(scope: Scope, namespace: string, name: string): void {
  if (scope !== "cluster-wide" && namespace === "")
    throw new SealError("the Secret has no namespace, with which it is sealed: name one, or seal it cluster-wide");
  if (scope === "strict" && name === "")
    throw new SealError("the Secret has no name, with which it is sealed: name it, or seal it namespace-wide");
}

/** What the API server adds to an object. */
const serverFields = new Set([
  "creationTimestamp",
  "generation",
  "managedFields",
  "ownerReferences",
  "resourceVersion",
  "uid",
]);

/** As it was before the API server knew of it, and without its copy in clear. */
function templateMetadata({ annotations, ...metadata }: Metadata, scope: Scope): Metadata {
  const { [lastApplied]: _, ...told } = withScope(annotations, scope);
  const kept = Object.fromEntries(Object.entries(metadata).filter(([field]) => !serverFields.has(field)));
  return Object.keys(told).length === 0 ? kept : { ...kept, annotations: told };
}

function plainData({ data, stringData }: SecretManifest): readonly (readonly [string, Buffer])[] {
  const values = new Map(Object.entries(data ?? {}).map(([key, value]) => [key, bytesOf(key, value, "data")]));
  for (const [key, value] of Object.entries(stringData ?? {})) {
    if (typeof value !== "string") throw new SealError(`stringData.${key}: expected a string`);
    values.set(key, Buffer.from(value));
  }
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1));
}

function bytesOf(key: string, value: unknown, field: string): Buffer {
  const text = typeof value === "string" ? value.replace(/[\r\n]/g, "") : undefined;
  if (text === undefined || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text))
    throw new SealError(`${field}.${key}: expected base64`);
  return Buffer.from(text, "base64");
}

/** The Secret that the controller would make, but for its owner. Throws `SealError` with the key that does not open. */
export function openSealedSecret(sealed: SealedSecret, privateKeys: readonly KeyObject[]): SecretManifest {
  const values = openedValues(sealed, privateKeys);
  const { name, namespace } = sealed.metadata;
  const { metadata, type, immutable, data: templates } = sealed.spec.template ?? {};
  const data = { ...encoded(values), ...encoded(filled(templates ?? {}, values)) };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      ...metadata,
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
    },
    ...(type === undefined ? {} : { type }),
    ...(immutable === undefined ? {} : { immutable }),
    data,
  };
}

/** The same values for another key, in the same scope; nothing else changes. For renewed keys: kubeseal's `--re-encrypt`. */
export function resealSecret(
  sealed: SealedSecret,
  privateKeys: readonly KeyObject[],
  publicKey: KeyObject,
): SealedSecret {
  const label = labelOfSealed(sealed);
  const encryptedData = Object.fromEntries(
    [...openedValues(sealed, privateKeys)].map(([key, value]) => [
      key,
      hybridEncrypt(publicKey, value, label).toString("base64"),
    ]),
  );
  return { ...sealed, spec: { ...sealed.spec, encryptedData } };
}

function openedValues(sealed: SealedSecret, privateKeys: readonly KeyObject[]): ReadonlyMap<string, Buffer> {
  const label = labelOfSealed(sealed);
  return new Map(
    Object.entries(sealed.spec.encryptedData ?? {}).map(([key, value]) => {
      const bytes = bytesOf(key, value, "spec.encryptedData");
      try {
        return [key, hybridDecrypt(privateKeys, bytes, label)];
      } catch (error) {
        throw error instanceof SealError ? new SealError(`spec.encryptedData.${key}: ${error.message}`) : error;
      }
    }),
  );
}

function labelOfSealed({ metadata: { name = "", namespace = "", annotations } }: SealedSecret): string {
  return labelOf(scopeOf(annotations), namespace, name);
}

/** `{{ .key }}` and `{{ index . "key" }}`: what templates are for. The rest of Go's language is the controller's. */
const action = /\{\{-?\s*(?:\.([A-Za-z_]\w*)|index \. "([^"]+)")\s*-?\}\}/g;

function filled(
  templates: { readonly [key: string]: string },
  values: ReadonlyMap<string, Buffer>,
): ReadonlyMap<string, Buffer> {
  return new Map(
    Object.entries(templates).map(([key, template]) => {
      if (template.replace(action, "").includes("{{") || /\{\{-|-\}\}/.test(template))
        throw new SealError(
          `spec.template.data.${key}: a template with more than {{ .key }} and {{ index . "key" }}: only the controller fills it`,
        );
      const text = template.replace(action, (_, field, index) =>
        field === undefined ? (values.get(index)?.toString() ?? "") : (values.get(field)?.toString() ?? "<no value>"),
      );
      return [key, Buffer.from(text)];
    }),
  );
}

function encoded(values: ReadonlyMap<string, Buffer>): { readonly [key: string]: string } {
  return Object.fromEntries([...values].map(([key, value]) => [key, value.toString("base64")]));
}
