import type { UserInfo } from "@sallyport/admission";

/** Who asks for what: k8s.io/apiserver's authorizer.Attributes. */
export interface Attributes {
  readonly user: UserInfo;
  readonly verb: string;
  readonly group: string;
  /** `*` where any is meant. */
  readonly version?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace: string;
  /** Also the name that a field selector of a list or watch requires. */
  readonly name: string;
  /** What a field selector requires, by field. */
  readonly fieldSelector?: { readonly [field: string]: string };
  /** Present for requests that are about no resource. */
  readonly path?: string;
}

/** `NoOpinion` leaves it to the next authorizer; when none has an opinion, the request is refused. */
export interface Verdict {
  readonly decision: "Allow" | "Deny" | "NoOpinion";
  readonly reason: string;
  /** What kept the authorizer from answering fully; a review shows it. */
  readonly error?: string;
}

/** One way to decide who may. */
export interface Authorizer {
  readonly authorize: (attributes: Attributes) => Verdict | Promise<Verdict>;
}
