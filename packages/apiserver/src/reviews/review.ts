import type { UserInfo } from "@sallyport/admission";
import type { FieldError, RbacReader, ResourceInfo } from "@sallyport/kube";
import { faultsText, StatusError } from "@sallyport/kube";
import type { Authentication } from "../authentication/authentication.ts";
import type { Authorizer } from "../authorization/authorizer.ts";

export type Json = { readonly [field: string]: unknown };

/** A question, and what is needed to answer it. */
export interface ReviewCall {
  readonly info: ResourceInfo;
  readonly body: Json;
  readonly user: UserInfo;
  /** Of the URL. */
  readonly namespace: string;
  readonly reader: RbacReader;
  readonly authorizer: Authorizer;
  readonly authentication: Authentication;
  readonly now: () => number;
}

/** Answers the status of one kind of review; the rest of the body is given back as it came. */
export type Review = (call: ReviewCall) => Json | Promise<Json>;

/** kube-apiserver names no kind when it refuses a review of authorization. */
export function invalidReview(errors: readonly FieldError[]): StatusError {
  const causes = errors.map(({ field, reason, message }) => ({ reason, message, field }));
  const group = "authorization.k8s.io";
  return new StatusError("Invalid", `.${group} "" is invalid: ${faultsText(errors)}`, { group, causes });
}
