import type { KubeObject, RbacReader } from "@sallyport/kube";
import { forApiServer, type TokenAuthenticator } from "./authenticator.ts";
import { sameText } from "./static-tokens.ts";

const form = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const groupForm = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/** Secrets of kube-system that let new nodes in. https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/ */
export function bootstrapTokens(
  reader: RbacReader,
  now: () => number,
  apiAudiences: readonly string[],
): TokenAuthenticator {
  return forApiServer(apiAudiences, (token) => {
    const [, id = "", secret = ""] = form.exec(token) ?? [];
    const found = id === "" ? undefined : reader.get("", "secrets", "kube-system", `bootstrap-token-${id}`);
    if (found === undefined || !isGood(found, id, secret, now())) return undefined;
    const extra = textOf(found, "auth-extra-groups").split(",").filter(Boolean);
    if (!extra.every((group) => groupForm.test(group))) return undefined;
    return { username: `system:bootstrap:${id}`, groups: [...new Set(["system:bootstrappers", ...extra])] };
  });
}

function isGood(secret: KubeObject, id: string, wanted: string, now: number): boolean {
  const expiration = textOf(secret, "expiration");
  return (
    secret["type"] === "bootstrap.kubernetes.io/token" &&
    secret.metadata.deletionTimestamp === undefined &&
    textOf(secret, "token-id") === id &&
    sameText(textOf(secret, "token-secret"), wanted) &&
    textOf(secret, "usage-bootstrap-authentication") === "true" &&
    (expiration === "" || Date.parse(expiration) > now)
  );
}

function textOf(secret: KubeObject, key: string): string {
  const data = (secret["data"] ?? {}) as { readonly [key: string]: string };
  return Buffer.from(data[key] ?? "", "base64").toString("utf8");
}
