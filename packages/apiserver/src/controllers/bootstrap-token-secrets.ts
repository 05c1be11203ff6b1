import type { KubeObject } from "@sallyport/kube";

export const tokenNamespace = "kube-system";
const tokenType = "bootstrap.kubernetes.io/token";

/** What a secret says under a key, decoded. */
export function textIn(secret: KubeObject, key: string): string {
  const data = (secret["data"] ?? {}) as { readonly [key: string]: string };
  return Buffer.from(data[key] ?? "", "base64").toString("utf8");
}

export function isBootstrapToken(secret: KubeObject): boolean {
  return secret["type"] === tokenType;
}

/** When a token ends, in milliseconds since the epoch: never where it does not say, long ago where nobody can read it. */
export function expiryOf(secret: KubeObject): number {
  const text = textIn(secret, "expiration");
  if (text === "") return Number.POSITIVE_INFINITY;
  const at = Date.parse(text);
  return Number.isNaN(at) ? Number.NEGATIVE_INFINITY : at;
}
