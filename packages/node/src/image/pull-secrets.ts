import type { Secret } from "../volumes/pod-reader.ts";
import type { RegistryCredential } from "./image.ts";

interface AuthEntry {
  readonly username?: unknown;
  readonly password?: unknown;
  readonly auth?: unknown;
}

/**
 * What Secrets of types kubernetes.io/dockerconfigjson and kubernetes.io/dockercfg know of registries. What cannot be read is left out,
 * as kubelets do: the registry will say who is missing. pkg/credentialprovider
 */
export function credentialsOfSecrets(secrets: readonly Secret[]): readonly RegistryCredential[] {
  return secrets.flatMap(({ data = {} }) => [
    ...entriesOf((jsonOf(data[".dockerconfigjson"]) as { readonly auths?: unknown } | undefined)?.auths),
    ...entriesOf(jsonOf(data[".dockercfg"])),
  ]);
}

function jsonOf(base64: string | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(base64 ?? "", "base64").toString());
  } catch {
    return undefined;
  }
}

function entriesOf(auths: unknown): readonly RegistryCredential[] {
  if (typeof auths !== "object" || auths === null) return [];
  return Object.entries(auths).flatMap(([registry, entry]) => credentialOf(registry, (entry ?? {}) as AuthEntry) ?? []);
}

/** `auth` is `USERNAME:PASSWORD` in base64, and counts before the others. */
function credentialOf(registry: string, { username, password, auth }: AuthEntry): RegistryCredential | undefined {
  if (typeof auth === "string" && auth !== "") {
    const decoded = Buffer.from(auth, "base64").toString();
    const colon = decoded.indexOf(":");
    return colon < 0 ? undefined : { registry, username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
  }
  return typeof username === "string" && typeof password === "string" ? { registry, username, password } : undefined;
}
