import type { MeshSettings } from "./workload.ts";

/** What stands for the mesh's own trust domain in a policy, whatever that is called. */
const ownDomain = "cluster.local";

/** The mesh's trust domain and its aliases. */
export function trustDomainsOf({ trustDomain, trustDomainAliases }: MeshSettings): readonly string[] {
  return [trustDomain, ...trustDomainAliases];
}

/**
 * Principals with those of the aliases. One of the mesh's domains, or `cluster.local`, stands for all of them; `*` in its place,
 * what has no five parts and other domains stay as they are.
 */
export function withAliases(principals: readonly string[], domains: readonly string[]): readonly string[] {
  return principals.flatMap((principal) => {
    const parts = principal.split("/");
    const domain = parts[0] as string;
    const isOwn = domain === ownDomain || domains.some((each) => meansSame(domain, each));
    if (parts.length !== 5 || domain === "*" || !isOwn) return [principal];
    const all = domains.map((each) => (isSuffixOf(domain, each) ? principal : [each, ...parts.slice(1)].join("/")));
    return [...new Set(all)];
  });
}

/** Trust domains with their aliases, where they are of the mesh. */
export function domainsWithAliases(values: readonly string[], domains: readonly string[]): readonly string[] {
  return [...new Set(values.flatMap((value) => (domains.includes(value) ? domains : [value])))];
}

/** Either may have a star at an end. */
function meansSame(a: string, b: string): boolean {
  return a === b || b === "*" || isPrefixOf(b, a) || isPrefixOf(a, b) || isSuffixOf(b, a) || isSuffixOf(a, b);
}

function isPrefixOf(pattern: string, text: string): boolean {
  return pattern.endsWith("*") && text.startsWith(pattern.slice(0, -1));
}

function isSuffixOf(pattern: string, text: string): boolean {
  return pattern.startsWith("*") && text.endsWith(pattern.slice(1));
}
