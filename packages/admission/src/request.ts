import type { GroupVersionKind, GroupVersionResource, KubeObject } from "@sallyport/kube";

export type Operation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

/** authentication.k8s.io UserInfo. */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: { readonly [key: string]: readonly string[] };
}

/**
 * What kube-apiserver's admission attributes hold (k8s.io/apiserver/pkg/admission.Attributes). Built once at a door (file,
 * HTTP, AdmissionReview), then the same everywhere. Immutable: a mutation makes a new request by `withObject`.
 */
export interface Request {
  readonly uid: string;
  readonly kind: GroupVersionKind;
  readonly resource: GroupVersionResource;
  /** Empty for the resource itself. */
  readonly subResource: string;
  /** Empty while generateName has not been used yet. */
  readonly name: string;
  /** Empty for cluster-scoped resources; for a Namespace itself, its own name (as upstream). */
  readonly namespace: string;
  readonly operation: Operation;
  readonly userInfo: UserInfo;
  /** Null on DELETE; the options object's body on CONNECT. */
  readonly object: KubeObject | null;
  /** Null on CREATE and CONNECT. */
  readonly oldObject: KubeObject | null;
  /** CreateOptions, UpdateOptions or DeleteOptions. */
  readonly options: { readonly [field: string]: unknown } | null;
  readonly dryRun: boolean;
}

/** Who a service account is to the authorizer. */
export function serviceAccountUser(namespace: string, name: string): UserInfo {
  const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
  return { username: `system:serviceaccount:${namespace}:${name}`, groups };
}

/** The same request with another object. */
export function withObject(request: Request, object: KubeObject | null): Request {
  return object === request.object ? request : { ...request, object };
}
