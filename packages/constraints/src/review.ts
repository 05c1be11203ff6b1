import type { KubeObject } from "@sallyport/kube";
import { parseApiVersion } from "@sallyport/kube";
import { FrameworkError } from "./fault.ts";
import { type Fields, isFields, textOf } from "./fields.ts";
import type { Source } from "./match/match.ts";
import { targetName } from "./template/template.ts";

/** What is asked about, with what only Gatekeeper knows of it. */
export interface Review {
  /** An AdmissionRequest as policies read it; its `object` is the old one on DELETE. */
  readonly request: Fields;
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
  /** The one that the object lies in, where the asker has it. */
  readonly namespace: KubeObject | undefined;
  readonly source: Source | undefined;
}

export interface ReviewContext {
  readonly namespace?: KubeObject | undefined;
  readonly source?: Source;
}

/** A review of an object as it is: nobody sent it, so that it has neither user nor operation. */
export function reviewOfObject(object: KubeObject, context: ReviewContext = {}): Review {
  const { name = "", namespace = "" } = object.metadata;
  const { group, version } = parseApiVersion(object.apiVersion);
  const request = {
    uid: "",
    kind: { group, version, kind: object.kind },
    resource: { group: "", version: "", resource: "" },
    ...(name === "" ? {} : { name }),
    ...(namespace === "" ? {} : { namespace }),
    operation: "",
    userInfo: {},
    object,
    oldObject: null,
    options: null,
  };
  return { request, object, oldObject: undefined, namespace: context.namespace, source: context.source };
}

/** A review of an AdmissionRequest. Throws `FrameworkError` for a DELETE without what is deleted. */
export function reviewOfRequest(request: Fields, context: ReviewContext = {}): Review {
  const objectOf = (field: string) =>
    isFields(request[field]) ? (request[field] as unknown as KubeObject) : undefined;
  const oldObject = objectOf("oldObject");
  const isDeletion = textOf(request["operation"]) === "DELETE";
  if (isDeletion && oldObject === undefined)
    throw new FrameworkError(
      "review",
      `${targetName}: target.HandleReview failed for target "${targetName}": oldObject cannot be nil for DELETE operations`,
    );
  const object = isDeletion ? oldObject : objectOf("object");
  return {
    request: { ...request, object: object ?? null },
    object,
    oldObject,
    namespace: context.namespace,
    source: context.source,
  };
}
