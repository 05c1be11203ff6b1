import { builtinCatalogue } from "@sallyport/kube";
import { UsageError } from "./errors.ts";

/**
 * Resources as rules of webhooks and roles name them, from a flag: `pods`, `pods/ephemeralcontainers`, `deployments.apps`, `*.apps`; `*` alone
 * is every resource of every group, `*.*`. Of Kubernetes' own groups only what they have: a rule for `deployments` of the core group would
 * never match anything. Throws `UsageError`.
 */
export function askedResources(flag: string, names: readonly string[]): readonly string[] {
  return names.map((name) => {
    if (name === "*") return "*.*";
    const [, resource, group = ""] = /^([a-z0-9*-]+(?:\/[a-z0-9*-]+)?)(?:\.([a-z0-9.-]+|\*))?$/.exec(name) ?? [];
    if (resource === undefined)
      throw new UsageError(`${flag} ${name}: expected RESOURCE or RESOURCE.GROUP, as pods or deployments.apps`);
    const own = resourcesOf(group);
    if (!resource.includes("*") && own.length > 0 && !own.includes(resource))
      throw new UsageError(`${flag} ${name}: ${group || "the core group"} has no such resource${meant(resource)}`);
    return name;
  });
}

/** The same of what is read: whole objects of resources that are named one by one. */
export function readResources(flag: string, names: readonly string[]): readonly string[] {
  const partial = names.find((name) => /[*/]/.test(name));
  if (partial !== undefined)
    throw new UsageError(
      `${flag} ${partial}: expected RESOURCE or RESOURCE.GROUP, as pods or ingresses.networking.k8s.io`,
    );
  return askedResources(flag, names);
}

/** All that a built-in group serves, its parts among them; nothing of other groups. */
function resourcesOf(group: string): readonly string[] {
  return [...builtinCatalogue.all()].filter((each) => each.group === group).map(({ resource }) => resource);
}

function meant(resource: string): string {
  const [whole = "", part] = resource.split("/");
  const groups = new Set(
    [...builtinCatalogue.all()].filter((each) => each.resource === whole).map(({ group }) => group),
  );
  const names = [...groups].map((group) => (group === "" ? resource : `${whole}${part ? `/${part}` : ""}.${group}`));
  return names.length === 0 ? "" : `; there is ${names.join(" and ")}`;
}
