import type { UserInfo } from "@sallyport/admission";
import type { StatusError } from "@sallyport/kube";
import { forbidden } from "../authorization/attributes.ts";
import type { Attributes, Authorizer } from "../authorization/authorizer.ts";
import { accountGroups } from "./service-account-claims.ts";

/** Who a request says it comes from. */
export interface Wanted {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: { readonly [key: string]: readonly string[] };
}

/** One way to be somebody else. `asked` is what is asked for, on the user's own behalf. */
export interface ImpersonationMode {
  readonly name: string;
  /** The verb by which it is allowed, as audit events tell of it; that of old is not told of. */
  readonly constraint: string | undefined;
  /** Whether one may be asked for in this way. */
  readonly fits: (wanted: Wanted, requestor: UserInfo) => boolean;
  /** Who the user then is, or why not. */
  readonly check: (
    wanted: Wanted,
    asked: Attributes,
    authorizer: Pick<Authorizer, "authorize">,
  ) => Promise<UserInfo | StatusError>;
}

const identity = "authentication.k8s.io";

/** In the order in which they are tried; the last one is that of old. KEP-5284. */
export const impersonationModes: readonly ImpersonationMode[] = [
  constrained("associated-node", isOwnNode, ({ asked, name }) => ({
    // The answer holds for all nodes of such a user.
    asked: { ...asked, user: withKeysAlone(asked.user) },
    name: name === undefined ? undefined : "*",
  })),
  constrained("arbitrary-node", (wanted) => isBare(wanted) && nodeOf(wanted.username) !== undefined),
  constrained("serviceaccount", (wanted) => isBare(wanted) && accountOf(wanted.username) !== undefined),
  constrained("user-info", ({ username }) => nodeOf(username) === undefined && accountOf(username) === undefined),
  {
    name: "legacy",
    constraint: undefined,
    fits: () => true,
    check: async (wanted, { user }, authorizer) =>
      (await refusalOf(permissions(wanted, user, "impersonate", ""), authorizer)) ?? userOf(wanted),
  },
];

interface Changed {
  readonly asked: Attributes;
  readonly name: string | undefined;
}

/** Both what is done in the other's name and who that is must be allowed. */
function constrained(
  name: string,
  fits: ImpersonationMode["fits"],
  change: (given: Changed) => Changed = (given) => given,
): ImpersonationMode {
  const verb = `impersonate:${name}`;
  return {
    name,
    constraint: verb,
    fits,
    check: async (wanted, given, authorizer) => {
      const { asked, name: node } = change({ asked: given, name: nodeOf(wanted.username) });
      const onBehalf = { ...asked, verb: `impersonate-on:${name}:${asked.verb}` };
      const [who, ...others] = permissions(wanted, asked.user, verb, identity, node) as [Attributes, ...Attributes[]];
      const refusal =
        (await refusalOf([onBehalf, who], authorizer)) ??
        faultOf(wanted, asked.user, verb) ??
        (await refusalOf(others, authorizer));
      if (refusal !== undefined) return refusal;
      return node === undefined ? userOf(wanted) : userOf({ ...wanted, groups: ["system:nodes"] });
    },
  };
}

/** What nobody may be by a constrained way. */
function faultOf({ groups, extra }: Wanted, user: UserInfo, verb: string): StatusError | undefined {
  const attributes = (resource: string, name = ""): Attributes => {
    return { user, verb, group: identity, version: "v1", resource, subresource: "", name, namespace: "" };
  };
  if (groups.includes(""))
    return forbidden(attributes("groups"), "impersonating the empty string group is not allowed");
  if (groups.includes("system:masters"))
    return forbidden(attributes("groups", "system:masters"), "impersonating the system:masters group is not allowed");
  const fault = Object.keys(extra).includes("")
    ? "impersonating the empty string key in extra is not allowed"
    : Object.values(extra).some((values) => values.includes(""))
      ? "impersonating the empty string value in extra is not allowed"
      : undefined;
  return fault === undefined ? undefined : forbidden(attributes("userextras"), fault);
}

/** The service account that a user name is of. */
export function accountOf(username: string): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

function nodeOf(username: string): string | undefined {
  return /^system:node:([a-z0-9]([-a-z0-9.]*[a-z0-9])?)$/.exec(username)?.[1];
}

function isBare({ uid, groups, extra }: Wanted): boolean {
  return uid === "" && groups.length === 0 && Object.keys(extra).length === 0;
}

/** A pod may be the node that it runs on. */
function isOwnNode(wanted: Wanted, { username, extra }: UserInfo): boolean {
  const node = nodeOf(wanted.username);
  const names = extra?.["authentication.kubernetes.io/node-name"];
  const isAccount = accountOf(username) !== undefined;
  return isBare(wanted) && node !== undefined && isAccount && names?.length === 1 && names[0] === node;
}

function withKeysAlone(user: UserInfo): UserInfo {
  const keys = Object.keys(user.extra ?? {}).toSorted();
  return { ...user, extra: { "authentication.kubernetes.io/associated-node-keys": keys } };
}

/** What the user must be allowed, one request for each part of the one to be; who that is comes first. */
function permissions(
  { username, uid, groups, extra }: Wanted,
  user: UserInfo,
  verb: string,
  group: string,
  node?: string,
): readonly Attributes[] {
  const one = (of: string, resource: string, name: string, namespace = "", subresource = ""): Attributes => {
    return { user, verb, group: of, version: "v1", resource, subresource, name, namespace };
  };
  const account = accountOf(username);
  const who =
    account !== undefined
      ? one(group, "serviceaccounts", account.name, account.namespace)
      : node !== undefined
        ? one(group, "nodes", node)
        : one(group, "users", username);
  return [
    who,
    ...(uid === "" ? [] : [one(identity, "uids", uid)]),
    ...groups.map((each) => one(group, "groups", each)),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((each) => one(identity, "userextras", each, "", key)),
    ),
  ];
}

async function refusalOf(
  wanted: readonly Attributes[],
  authorizer: Pick<Authorizer, "authorize">,
): Promise<StatusError | undefined> {
  for (const attributes of wanted) {
    const { decision, reason } = await authorizer.authorize(attributes);
    if (decision !== "Allow") return forbidden(attributes, reason);
  }
  return undefined;
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
