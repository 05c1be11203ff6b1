import { dns1123Subdomain, type Format } from "../formats.ts";

/** ValidateClusterTrustBundleName: bundles of a signer begin with its name, in which a colon stands for the slash. */
export function trustBundleName(signerName: string): Format {
  if (signerName === "")
    return (name) =>
      name.includes(":")
        ? ['ClusterTrustBundle without signer name must not have ":" in its name']
        : dns1123Subdomain(name);
  const prefix = `${signerName.replaceAll("/", ":")}:`;
  return (name) =>
    name.startsWith(prefix)
      ? dns1123Subdomain(name.slice(prefix.length))
      : [`ClusterTrustBundle for signerName ${signerName} must be named with prefix ${prefix}`];
}

/** The signer that a bundle's name tells, where it tells one. */
export function signerOfBundle(name: string): string {
  const end = name.lastIndexOf(":");
  return end < 0 ? "" : name.slice(0, end).replaceAll(":", "/");
}
