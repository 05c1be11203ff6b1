import type { IncomingMessage } from "node:http";
import type { UserInfo } from "@sallyport/admission";
import { StatusError } from "@sallyport/kube";
import type { Attributes, Authorizer } from "../authorization/authorizer.ts";
import { type ImpersonationMode, impersonationModes, type Wanted } from "./impersonation-modes.ts";
import { extraOf, valuesOf } from "./request-headers.ts";

/** Who a request is made as, and the verb of the constrained way that allows it; undefined for that of old. */
export interface Impersonated {
  readonly user: UserInfo;
  readonly constraint: string | undefined;
}

/**
 * Whom a request says it comes from; undefined where it says nothing of that. `asked` is what is asked for, on the user's own behalf.
 * Rejects with `Forbidden`.
 */
export type Impersonation = (request: IncomingMessage, asked: Attributes) => Promise<Impersonated> | undefined;

/** What is told of attempts, and of each question that they ask. `mode` is empty where none was good; times in seconds. */
export interface ImpersonationMetrics {
  readonly impersonated: (mode: string, decision: "allowed" | "denied", took: number) => void;
  readonly impersonationAuthorized: (mode: string, decision: "allowed" | "denied", took: number) => void;
}

/** Users whose way to be others is remembered, as upstream remembers it. */
const maxRemembered = 10_000;

/**
 * `Impersonate-*` headers, when the user may: in one of the constrained ways, or in that of old.
 * https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
 */
export function createImpersonation(authorizer: Authorizer, metrics: ImpersonationMetrics): Impersonation {
  const last = new Map<string, ImpersonationMode>();
  const remember = (username: string, mode: ImpersonationMode) => {
    if (last.size >= maxRemembered) last.delete(last.keys().next().value as string);
    last.set(username, mode);
  };
  const observed = new Map(impersonationModes.map((mode) => [mode, observedAuthorizer(authorizer, mode, metrics)]));
  const become = async (wanted: Wanted, asked: Attributes): Promise<Impersonated> => {
    const start = performance.now();
    const tell = (mode: string, decision: "allowed" | "denied") =>
      metrics.impersonated(mode, decision, (performance.now() - start) / 1000);
    const { username } = asked.user;
    const known = last.get(username);
    // The way that was good last time is tried first, and its refusal is the one that is told.
    const modes = [...(known === undefined ? [] : [known]), ...impersonationModes.filter((each) => each !== known)];
    let refusal: StatusError | undefined;
    for (const mode of modes) {
      if (!mode.fits(wanted, asked.user)) continue;
      const found = await mode.check(wanted, asked, observed.get(mode) ?? authorizer);
      if (!(found instanceof StatusError)) {
        remember(username, mode);
        tell(mode.name, "allowed");
        return { user: found, constraint: mode.constraint };
      }
      refusal ??= found;
    }
    tell("", "denied");
    throw refusal ?? new StatusError("Forbidden", "all impersonation modes failed");
  };
  return (request, asked) => {
    const wanted = wantedOf(request);
    return wanted === undefined ? undefined : become(wanted, asked);
  };
}

/** The same authorizer; metrics are told of what it says of a mode's questions. */
function observedAuthorizer(
  authorizer: Authorizer,
  { name }: ImpersonationMode,
  metrics: ImpersonationMetrics,
): Pick<Authorizer, "authorize"> {
  return {
    authorize: async (attributes) => {
      const start = performance.now();
      const verdict = await authorizer.authorize(attributes);
      const decision = verdict.decision === "Allow" ? "allowed" : "denied";
      metrics.impersonationAuthorized(name, decision, (performance.now() - start) / 1000);
      return verdict;
    },
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
