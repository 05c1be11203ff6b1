import type { IncomingMessage } from "node:http";
import type { UserInfo } from "@sallyport/admission";
import { StatusError } from "@sallyport/kube";
import { forbidden } from "../authorization/attributes.ts";
import type { Attributes, Authorizer } from "../authorization/authorizer.ts";
import { extraOf, valuesOf } from "./request-headers.ts";
import { accountGroups } from "./service-account-claims.ts";

/** Who a request says it comes from. */
interface Wanted {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: { readonly [key: string]: readonly string[] };
}

/**
 * `Impersonate-*` headers, when the user may. `request` is what is asked for, on the user's own behalf: with constrained
 * impersonation, that counts as well. https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
 */
export function impersonate(
  request: IncomingMessage,
  asked: Attributes,
  authorizer: Authorizer,
): UserInfo | Promise<UserInfo> {
  const wanted = wantedOf(request);
  return wanted === undefined ? asked.user : impersonateWanted(wanted, asked, authorizer);
}

async function impersonateWanted(wanted: Wanted, asked: Attributes, authorizer: Authorizer): Promise<UserInfo> {
  const refusal = await refusalOf(permissions(wanted, asked.user, "impersonate", false), authorizer);
  // Who may neither do so hears of the older way.
  if (refusal !== undefined && !(await mayConstrained(wanted, asked, authorizer))) throw refusal;
  return userOf(wanted);
}

function wantedOf(request: IncomingMessage): Wanted | undefined {
  if (!isAsked(request)) return undefined;
  const [username = ""] = valuesOf(request, ["impersonate-user"]);
  const [uid = ""] = valuesOf(request, ["impersonate-uid"]);
  const groups = valuesOf(request, ["impersonate-group"]);
  const extra = extraOf(request, ["impersonate-extra-"]);
  if (username !== "") return { username, uid, groups, extra };
  if (uid === "" && groups.length === 0 && Object.keys(extra).length === 0) return undefined;
  throw new StatusError("BadRequest", `requested ${goText(uid, groups, extra)} without impersonating a user name`);
}

/** Nearly never: nothing else is looked at then. */
function isAsked({ headers }: IncomingMessage): boolean {
  for (const name in headers) if (name.startsWith("impersonate-")) return true;
  return false;
}

/** As Go prints the user that was asked for. */
function goText(uid: string, groups: readonly string[], extra: Wanted["extra"]): string {
  const list = (values: readonly string[]) => `{${values.map((each) => JSON.stringify(each)).join(", ")}}`;
  const entries = Object.entries(extra).map(([key, values]) => `${JSON.stringify(key)}:[]string${list(values)}`);
  const groupsText = groups.length === 0 ? "[]string(nil)" : `[]string${list(groups)}`;
  const extraText = entries.length === 0 ? "map[string][]string(nil)" : `map[string][]string{${entries.join(", ")}}`;
  return `&user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:${groupsText}, Extra:${extraText}}`;
}

function accountOf(username: string): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

/** What the user must be allowed, one request for each part of the one to be. */
function permissions(
  { username, uid, groups, extra }: Wanted,
  user: UserInfo,
  verb: string,
  isConstrained: boolean,
): readonly Attributes[] {
  const identity = "authentication.k8s.io";
  const one = (group: string, resource: string, name: string, namespace = "", subresource = ""): Attributes => {
    return { user, verb, group, version: "v1", resource, subresource, name, namespace };
  };
  const core = isConstrained ? identity : "";
  const account = accountOf(username);
  const nodeName = /^system:node:(.+)$/.exec(username)?.[1];
  const who =
    account !== undefined
      ? one(core, "serviceaccounts", account.name, account.namespace)
      : isConstrained && nodeName !== undefined
        ? one(core, "nodes", nodeName)
        : one(core, "users", username);
  return [
    who,
    ...(uid === "" ? [] : [one(identity, "uids", uid)]),
    ...groups.map((each) => one(core, "groups", each)),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((each) => one(identity, "userextras", each, "", key)),
    ),
  ];
}

async function refusalOf(wanted: readonly Attributes[], authorizer: Authorizer): Promise<StatusError | undefined> {
  for (const attributes of wanted) {
    const { decision, reason } = await authorizer.authorize(attributes);
    if (decision !== "Allow") return forbidden(attributes, reason);
  }
  return undefined;
}

/** Both what is done in the other's name and who that is must be allowed. */
async function mayConstrained(wanted: Wanted, asked: Attributes, authorizer: Authorizer): Promise<boolean> {
  const mode = modeOf(wanted.username);
  const onBehalf = { ...asked, verb: `impersonate-on:${mode}:${asked.verb}` };
  const needed = [onBehalf, ...permissions(wanted, asked.user, `impersonate:${mode}`, true)];
  return (await refusalOf(needed, authorizer)) === undefined;
}

function modeOf(username: string): string {
  if (accountOf(username) !== undefined) return "serviceaccount";
  return username.startsWith("system:node:") ? "arbitrary-node" : "user-info";
}

/** Groups that the name brings along are added when none is asked for. */
function userOf({ username, uid, groups, extra }: Wanted): UserInfo {
  const account = accountOf(username);
  const isNobody = username === "system:anonymous" || groups.includes("system:unauthenticated");
  const own = account !== undefined && groups.length === 0 ? accountGroups(account.namespace) : groups;
  const state = username === "system:anonymous" ? ["system:unauthenticated"] : isNobody ? [] : ["system:authenticated"];
  return {
    username,
    ...(uid === "" ? {} : { uid }),
    groups: [...new Set([...own, ...state])],
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
