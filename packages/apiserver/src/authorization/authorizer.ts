import type { AuthorizationAttributes } from "@sallyport/admission";

/** Who asks for what: k8s.io/apiserver's authorizer.Attributes, with what admission does not ask for. */
export interface Attributes extends AuthorizationAttributes {
  /** What a field selector requires, by field. */
  readonly fieldSelector?: { readonly [field: string]: string };
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
