import type { Any } from "./definitions.ts";
import type { WaitingStep } from "./run.ts";

export const self = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
export const reviewPath = "/apis/authentication.k8s.io/v1/tokenreviews";
export const accessPath = "/apis/authorization.k8s.io/v1";
export const rbac = "/apis/rbac.authorization.k8s.io/v1";

export type Headers = { readonly [name: string]: string };

export const nobody: Headers = { authorization: "" };

export function bearer(token: string): Headers {
  return { authorization: `Bearer ${token}` };
}

/** Who the server takes a request for. */
export function whoami(headers: Headers, more: Partial<WaitingStep> = {}): WaitingStep {
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  return { method: "POST", path: self, body, headers, ...more };
}

export function get(path: string, headers: Headers = {}): WaitingStep {
  return { method: "GET", path, headers };
}

export function post(path: string, body: Any, headers: Headers = {}, more: Partial<WaitingStep> = {}): WaitingStep {
  return { method: "POST", path, body, headers, ...more };
}

export function review(token: string, audiences?: readonly string[]): WaitingStep {
  const spec = { token, ...(audiences === undefined ? {} : { audiences }) };
  return post(reviewPath, { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec });
}
