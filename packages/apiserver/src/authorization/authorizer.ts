import type { AuthorizationAttributes, UserInfo } from "@sallyport/admission";

/** Who asks for what: k8s.io/apiserver's authorizer.Attributes, with what admission does not ask for. */
export interface Attributes extends AuthorizationAttributes {
  /** What a field selector requires, by field. */
  readonly fieldSelector?: { readonly [field: string]: string };
  /** The selectors of a list, watch or deletecollection, as requirements. */
  readonly selectors?: {
    readonly fields?: readonly SelectorRequirement[];
    readonly labels?: readonly SelectorRequirement[];
  };
}

/** One of a selector: metav1 FieldSelectorRequirement and LabelSelectorRequirement. */
export interface SelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** `NoOpinion` leaves it to the next authorizer; when none has an opinion, the request is refused. */
export interface Verdict {
  readonly decision: "Allow" | "Deny" | "NoOpinion";
  readonly reason: string;
  /** What kept the authorizer from answering fully; a review shows it. */
  readonly error?: string;
}

/** A rule of SubjectRulesReviewStatus. */
export interface AccessRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

/** What somebody may in a namespace, as far as an authorizer can tell. */
export interface AccessRules {
  readonly rules: readonly AccessRule[];
  /** It may be more. */
  readonly isIncomplete: boolean;
  readonly errors: readonly string[];
}

/** One way to decide who may. */
export interface Authorizer {
  /** Absent where it has no say of its own. */
  readonly rules?: (user: UserInfo, namespace: string) => AccessRules;
  readonly authorize: (attributes: Attributes) => Verdict | Promise<Verdict>;
}
