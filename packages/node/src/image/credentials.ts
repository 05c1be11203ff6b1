import type { RegistryCredential } from "./image.ts";
import type { ImageName } from "./image-name.ts";

/**
 * The credentials that are for an image's registry, those for the longest part of its path first. Registries are named as in docker's
 * configuration: with a scheme and a version or without, `*` for a part of a host. pkg/credentialprovider: URLsMatch
 */
export function credentialsFor(
  { registry, repository }: ImageName,
  credentials: readonly RegistryCredential[],
): readonly RegistryCredential[] {
  const path = `${registry}/${repository}`;
  return credentials
    .map((credential) => ({ credential, place: placeOf(credential.registry) }))
    .filter(({ place }) => isWithin(path, place))
    .toSorted((a, b) => b.place.length - a.place.length)
    .map(({ credential }) => credential);
}

/** `https://index.docker.io/v1/` is docker.io. */
function placeOf(registry: string): string {
  const bare = registry.replace(/^https?:\/\//, "").replace(/\/+$/, "");
  const place = bare.replace(/^([^/]+)\/v[12]$/, "$1");
  return place.replace(/^(?:index|registry-1)\.docker\.io(?=\/|$)/, "docker.io");
}

function isWithin(path: string, place: string): boolean {
  const [host = "", ...names] = path.split("/");
  const [wantedHost = "", ...wantedNames] = place.split("/");
  const [parts, wanted] = [host.split("."), wantedHost.split(".")];
  return (
    parts.length === wanted.length &&
    wanted.every((pattern, i) => isPart(parts[i] as string, pattern)) &&
    wantedNames.every((name, i) => names[i] === name)
  );
}

function isPart(text: string, pattern: string): boolean {
  const escaped = pattern.split("*").map((literal) => literal.replace(/[^\w]/g, "\\$&"));
  return new RegExp(`^${escaped.join(".*")}$`).test(text);
}
