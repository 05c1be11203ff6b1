import { type Grant, type Identity, identityText, type Pod, type RbacName, rbacText } from "./world.ts";

/** What somebody holds on the way to the value. */
export type Fact =
  /** Acts as somebody: the API server takes them for that one. */
  | { readonly kind: "identity"; readonly identity: Identity }
  /** Has made themselves a binding: these rules count in all they do. The namespace is empty for everywhere. */
  | { readonly kind: "binding"; readonly role: RbacName; readonly namespace: string; readonly grants: readonly Grant[] }
  /** Is bound to a role that was rewritten. */
  | { readonly kind: "everything"; readonly namespace: string; readonly grants: readonly Grant[] }
  /** Has made a role allow everything. */
  | { readonly kind: "role"; readonly role: RbacName }
  /** Runs pods of their own making in a namespace. */
  | { readonly kind: "own-pod"; readonly namespace: string }
  /** Runs what they like in a pod that is there. */
  | { readonly kind: "pod"; readonly pod: Pod }
  /** Has requested a certificate. */
  | { readonly kind: "request" }
  /** Has what was asked for. */
  | { readonly kind: "goal" };

/** A node that is known only by pods that may be on any. */
export const anyNode = "*";

/** The text of the fact of a request. */
export const requestText = "request for a certificate";

/** The text of the fact of a binding of one's own. */
export function bindingText(role: RbacName, namespace: string): string {
  return `${rbacText(role)} ${placeText(namespace)}`;
}

/** The text of the fact that a role was rewritten. */
export function rewrittenText(role: RbacName): string {
  return `rewritten ${rbacText(role)}`;
}

/** `everywhere` or `in prod`. */
export function placeText(namespace: string): string {
  return namespace === "" ? "everywhere" : `in ${namespace}`;
}

/** One text for one fact, also what a graph names it. */
export function factText(fact: Fact): string {
  switch (fact.kind) {
    case "identity":
      return identityText(fact.identity);
    case "binding":
      return bindingText(fact.role, fact.namespace);
    case "everything":
      return `everything ${placeText(fact.namespace)}`;
    case "role":
      return rewrittenText(fact.role);
    case "own-pod":
      return `own pod in ${fact.namespace}`;
    case "pod":
      return `${fact.pod.kind} ${fact.pod.namespace}/${fact.pod.name}`;
    case "request":
      return requestText;
    case "goal":
      return "the value";
  }
}
