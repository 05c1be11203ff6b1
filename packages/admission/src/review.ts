import type { KubeObject, Status, StatusDetails } from "@sallyport/kube";
import type { Request } from "./request.ts";

/** The `request` of an AdmissionReview, as webhooks and policies get it; `original` is the request as it came, where this one is in another version. https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request */
export function reviewRequest(request: Request, original: Request = request): { readonly [field: string]: unknown } {
  const { kind, resource, subResource, name, namespace, operation, userInfo, object, oldObject, dryRun, options } =
    request;
  return {
    uid: request.uid,
    kind,
    resource,
    ...(subResource === "" ? {} : { subResource, requestSubResource: subResource }),
    requestKind: original.kind,
    requestResource: original.resource,
    ...(name === "" ? {} : { name }),
    ...(namespace === "" ? {} : { namespace }),
    operation,
    userInfo: {
      username: userInfo.username,
      ...(userInfo.uid === undefined ? {} : { uid: userInfo.uid }),
      groups: userInfo.groups,
      ...(userInfo.extra === undefined ? {} : { extra: userInfo.extra }),
    },
    object,
    oldObject,
    dryRun,
    options,
  };
}

/** The whole review in a version that the webhook takes. */
export function review(
  request: Request,
  version: "v1" | "v1beta1",
  original: Request = request,
): { readonly [field: string]: unknown } {
  const asked = reviewRequest(request, original);
  return { kind: "AdmissionReview", apiVersion: `admission.k8s.io/${version}`, request: asked };
}

export interface ReviewResponse {
  readonly uid?: string;
  readonly allowed?: boolean;
  readonly status?: {
    readonly metadata?: Status["metadata"];
    readonly message?: string;
    readonly reason?: string;
    readonly code?: number;
    readonly details?: StatusDetails;
  };
  /** Base64. */
  readonly patch?: string;
  readonly patchType?: string;
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: { readonly [key: string]: string };
}

/** A base64 JSON patch, as AdmissionReview carries it. Throws when it is none. */
export function decodePatch(patch: string): unknown {
  const binary = atob(patch);
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)))) as unknown;
}

/** What a review is told about an object that is no Kubernetes object any more. */
export function isKubeObject(value: unknown): value is KubeObject {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as KubeObject).kind === "string" &&
    typeof (value as KubeObject).metadata === "object"
  );
}
