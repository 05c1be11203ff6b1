import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { UserInfo } from "@sallyport/admission";
import { StatusError } from "@sallyport/kube";

/** A user by a bearer token that was handed out beforehand. */
export interface StaticToken {
  readonly token: string;
  readonly user: UserInfo;
}

/** A line of a `--token-auth-file`: `token,user,uid,"group1,group2"`. */
const tokenLine = /^([^,]+),([^,]+),([^,]*)(?:,"?([^"]*)"?)?$/;

/** Reads kube-apiserver's `--token-auth-file`. Throws one line for a line that is none. */
export function parseTokenFile(text: string, file: string): readonly StaticToken[] {
  const lines = text.split("\n").map((line, i) => ({ line: line.trim(), at: i + 1 }));
  return lines
    .filter(({ line }) => line !== "")
    .map(({ line, at }) => {
      const [, token, username, uid, groups = ""] = tokenLine.exec(line) ?? [];
      if (token === undefined || username === undefined)
        throw new Error(`${file}:${at}: expected token,user,uid and optionally groups in quotes`);
      const user = { username, groups: groups.split(",").filter(Boolean), ...(uid ? { uid } : {}) };
      return { token, user };
    });
}

export const anonymous: UserInfo = { username: "system:anonymous", groups: ["system:unauthenticated"] };

/** Who sent a request: by client certificate, else by bearer token, else nobody. A wrong token is refused, not made anonymous. */
export function authenticate(request: IncomingMessage, tokens: readonly StaticToken[]): UserInfo {
  const user = byCertificate(request.socket as TLSSocket) ?? byToken(request.headers.authorization, tokens);
  return user === undefined ? anonymous : { ...user, groups: [...new Set([...user.groups, "system:authenticated"])] };
}

/** A connection's certificate never changes, and reading it costs more than all else of a small request. */
const certified = new WeakMap<TLSSocket, UserInfo>();

/** Common name and organisations of a certificate that our CA signed. */
function byCertificate(socket: TLSSocket): UserInfo | undefined {
  if (!socket.authorized) return undefined;
  const known = certified.get(socket) ?? readCertificate(socket);
  if (known !== undefined) certified.set(socket, known);
  return known;
}

function readCertificate(socket: TLSSocket): UserInfo | undefined {
  const { subject } = socket.getPeerCertificate();
  if (subject === undefined || subject.CN === undefined) return undefined;
  const organisations = subject.O === undefined ? [] : [subject.O].flat();
  return { username: String([subject.CN].flat()[0]), groups: organisations.map(String) };
}

function byToken(header: string | undefined, tokens: readonly StaticToken[]): UserInfo | undefined {
  const token = /^Bearer\s+(\S+)$/i.exec(header ?? "")?.[1];
  if (token === undefined) return undefined;
  const found = tokens.find((each) => sameText(each.token, token));
  if (found === undefined) throw new StatusError("Unauthorized", "Unauthorized");
  return found.user;
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

type MayImpersonate = (
  verb: "impersonate",
  group: string,
  resource: string,
  name: string,
  subresource?: string,
) => boolean;

/** `Impersonate-User` and `-Group`, when the user may. https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation */
export function impersonate(user: UserInfo, request: IncomingMessage, may: MayImpersonate): UserInfo {
  const name = request.headers["impersonate-user"];
  const groups = splitHeader(request.headers["impersonate-group"]);
  if (name === undefined) {
    if (groups.length > 0)
      throw new StatusError("BadRequest", "requested Impersonate-Group without impersonating a user");
    return user;
  }
  const username = String(name);
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username);
  const isAllowed =
    account === null
      ? may("impersonate", "", "users", username)
      : may("impersonate", "", "serviceaccounts", account[2] as string);
  if (!isAllowed) throw refused(user, account === null ? "users" : "serviceaccounts", username);
  for (const group of groups) if (!may("impersonate", "", "groups", group)) throw refused(user, "groups", group);
  const own = account === null ? [] : ["system:serviceaccounts", `system:serviceaccounts:${account[1]}`];
  return { username, groups: [...new Set([...groups, ...own, "system:authenticated"])] };
}

function splitHeader(value: string | string[] | undefined): readonly string[] {
  return value === undefined ? [] : [value].flat().flatMap((each) => each.split(",").map((part) => part.trim()));
}

function refused(user: UserInfo, resource: string, name: string): StatusError {
  return new StatusError(
    "Forbidden",
    `${resource} ${JSON.stringify(name)} is forbidden: User ${JSON.stringify(user.username)} cannot impersonate resource ${JSON.stringify(resource)} in API group "" at the cluster scope`,
    { name, kind: resource },
  );
}
