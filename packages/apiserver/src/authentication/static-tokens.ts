import { timingSafeEqual } from "node:crypto";
import type { UserInfo } from "@sallyport/admission";
import { forApiServer, type TokenAuthenticator } from "./authenticator.ts";

/** A user by a bearer token that was handed out beforehand. */
export interface StaticToken {
  readonly token: string;
  readonly user: UserInfo;
}

/** A line of a `--token-auth-file`: `token,user,uid,"group1,group2"`. */
const tokenLine = /^([^,]+),([^,]+),([^,]*)(?:,(?:"([^"]*)"|([^,"]*)))?(?:,.*)?$/;

/** Reads kube-apiserver's `--token-auth-file`. Throws one line for a line that is none; it does not repeat the line. */
export function parseTokenFile(text: string, file: string): readonly StaticToken[] {
  const lines = text.split("\n").map((line, i) => ({ line: line.trim(), at: i + 1 }));
  return lines
    .filter(({ line }) => line !== "")
    .map(({ line, at }) => {
      const [, token, username, uid, quoted, single] = tokenLine.exec(line) ?? [];
      if (token === undefined || username === undefined)
        throw new Error(`${file}:${at}: expected token,user,uid and optionally groups in quotes`);
      const groups = (quoted ?? single ?? "").split(",").map((each) => each.trim());
      return { token, user: { username, groups: groups.filter(Boolean), ...(uid ? { uid } : {}) } };
    });
}

export function staticTokens(tokens: readonly StaticToken[], apiAudiences: readonly string[]): TokenAuthenticator {
  return forApiServer(apiAudiences, (token) => tokens.find((each) => sameText(each.token, token))?.user);
}

/** Takes as long whatever the texts are. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
