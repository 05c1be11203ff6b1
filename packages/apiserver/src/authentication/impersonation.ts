import type { IncomingMessage } from "node:http";
import type { UserInfo } from "@sallyport/admission";
import { StatusError } from "@sallyport/kube";
import type { Attributes, Authorizer } from "../authorization/authorizer.ts";
import { type ImpersonationMode, impersonationModes, type Wanted } from "./impersonation-modes.ts";
import { extraOf, valuesOf } from "./request-headers.ts";

/** Who a request comes from. `asked` is what is asked for, on the user's own behalf. Throws `Forbidden`. */
export type Impersonation = (request: IncomingMessage, asked: Attributes) => UserInfo | Promise<UserInfo>;

/** Users whose way to be others is remembered, as upstream remembers it. */
const maxRemembered = 10_000;

/**
 * `Impersonate-*` headers, when the user may: in one of the constrained ways, or in that of old.
 * https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
 */
export function createImpersonation(authorizer: Authorizer): Impersonation {
  const last = new Map<string, ImpersonationMode>();
  const remember = (username: string, mode: ImpersonationMode) => {
    if (last.size >= maxRemembered) last.delete(last.keys().next().value as string);
    last.set(username, mode);
  };
  const become = async (wanted: Wanted, asked: Attributes): Promise<UserInfo> => {
    const { username } = asked.user;
    const known = last.get(username);
    // The way that was good last time is tried first, and its refusal is the one that is told.
    const modes = [...(known === undefined ? [] : [known]), ...impersonationModes.filter((each) => each !== known)];
    let refusal: StatusError | undefined;
    for (const mode of modes) {
      if (!mode.fits(wanted, asked.user)) continue;
      const found = await mode.check(wanted, asked, authorizer);
      if (!(found instanceof StatusError)) {
        remember(username, mode);
        return found;
      }
      refusal ??= found;
    }
    throw refusal ?? new StatusError("Forbidden", "all impersonation modes failed");
  };
  return (request, asked) => {
    const wanted = wantedOf(request);
    return wanted === undefined ? asked.user : become(wanted, asked);
  };
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
