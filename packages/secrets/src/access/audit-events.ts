import type { RuleRequest } from "@sallyport/kube";
import type { Identity } from "./world.ts";
import { identityOfUsername } from "./world-of.ts";

/** audit.k8s.io/v1 Event, as far as it says what somebody was allowed. */
export interface AuditEvent {
  readonly verb?: string;
  readonly requestURI?: string;
  readonly user?: AuditUser;
  readonly impersonatedUser?: AuditUser;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly annotations?: { readonly [key: string]: string };
}

export interface AuditUser {
  readonly username?: string;
  readonly groups?: readonly string[];
}

/** What somebody has asked for, and may go on to. */
export interface UsedAccess {
  readonly subject: Identity;
  /** As the authenticator said. */
  readonly groups: readonly string[];
  /** Empty for what is asked of the whole cluster. */
  readonly namespace: string;
  readonly request: RuleRequest;
}

/** What an event needed: nothing where it was refused, and beside the act itself the impersonation by which it was done. */
export function accessOf(event: AuditEvent): readonly UsedAccess[] {
  const { user, impersonatedUser } = event;
  if (!isAllowed(event) || user?.username === undefined) return [];
  const act = actOf(event);
  const doer = impersonatedUser?.username === undefined ? user : impersonatedUser;
  const done = act === undefined ? [] : [{ ...who(doer), ...act }];
  return doer === user ? done : [...done, ...impersonations(doer).map((each) => ({ ...who(user), ...each }))];
}

function who({ username = "", groups = [] }: AuditUser): Pick<UsedAccess, "subject" | "groups"> {
  return { subject: identityOfUsername(username), groups };
}

/** Later answers than the authorizer's are none of its: a conflict, an object that is not there. */
function isAllowed({ annotations, responseStatus }: AuditEvent): boolean {
  const decision = annotations?.["authorization.k8s.io/decision"];
  if (decision !== undefined) return decision === "allow";
  const code = responseStatus?.code ?? 200;
  return code !== 401 && code !== 403;
}

function actOf({
  verb = "",
  objectRef,
  requestURI = "",
}: AuditEvent): Pick<UsedAccess, "namespace" | "request"> | undefined {
  if (verb === "") return undefined;
  if (objectRef?.resource === undefined) {
    const path = requestURI.split("?")[0] ?? "";
    return path === "" ? undefined : { namespace: "", request: { verb, group: "", resource: "", name: "", path } };
  }
  const { apiGroup = "", resource, subresource, namespace = "", name = "" } = objectRef;
  const part = subresource === undefined || subresource === "" ? {} : { subresource };
  return { namespace, request: { verb, group: apiGroup, resource, name, ...part } };
}

/** What a user needs who does something as another. */
function impersonations({
  username = "",
  groups = [],
}: AuditUser): readonly Pick<UsedAccess, "namespace" | "request">[] {
  const { kind, name, namespace = "" } = identityOfUsername(username);
  const resource = kind === "ServiceAccount" ? "serviceaccounts" : "users";
  const request = { verb: "impersonate", group: "", name };
  return [
    { namespace, request: { ...request, resource } },
    ...groups
      .filter((each) => !givenGroups.test(each))
      .map((each) => ({ namespace: "", request: { ...request, resource: "groups", name: each } })),
  ];
}

/** Nobody asks to be in these: the API server adds them. */
const givenGroups = /^system:(authenticated|unauthenticated|serviceaccounts(:.*)?)$/;
