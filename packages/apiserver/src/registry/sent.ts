import { applyDefaults, type KubeObject, type ResourceInfo, timestampOf } from "@sallyport/kube";
import type { DecodedBody, WriteContext } from "./context.ts";
import { decodeObject } from "./decode.ts";
import { withManagedFields } from "./field-management.ts";
import type { Registry } from "./registry.ts";

/** A type of the API that is sent to a subresource, or is a question: what it is called, and its name in OpenAPI. */
export interface SentKind {
  readonly group: string;
  readonly kind: string;
  readonly version: string;
  readonly schema: string;
  /** Gives it what is left to the server, where its schema does not say that. */
  readonly complete?: (object: KubeObject) => KubeObject;
}

/**
 * Asks admission of an object that is sent and not kept: an Eviction, a Binding, a TokenRequest, a review. `between` is called when
 * mutation is done, and answers what the validating plugins see. Answers the object as it was admitted. Throws the refusal.
 */
export async function admitSent(
  registry: Registry,
  { group, version, kind, schema, complete = applyDefaults }: SentKind,
  body: DecodedBody,
  context: WriteContext,
  now: number,
  between?: (object: KubeObject) => Promise<KubeObject>,
): Promise<KubeObject> {
  const { info, subresource } = context;
  // As the catalogue would have it, if it were a resource of its own group.
  const own: ResourceInfo = { ...info, group, version, kind, schema };
  const asked = { ...context, info: own, name: "" };
  const object = complete(withoutSystemFields(decodeObject(body, asked)));
  const managed = withManagedFields(undefined, object, asked, timestampOf(now));
  const resource = { group: info.group, version: info.version, resource: info.resource };
  const seen = { kind: { group, version, kind }, resource, subResource: subresource };
  return registry.admit("CREATE", managed, null, { ...context, seen }, between);
}

/** What only the server says of an object, as of one that is created. Upstream's WipeObjectMetaSystemFields. */
function withoutSystemFields({ metadata, ...object }: KubeObject): KubeObject {
  const { uid: _uid, creationTimestamp: _c, deletionTimestamp: _d, deletionGracePeriodSeconds: _g, ...said } = metadata;
  return { ...object, metadata: said } as KubeObject;
}
