import { type FieldError, invalid, notSupported, required } from "../../../names.ts";
import { formatted, itemsOf } from "../../checks.ts";
import { dns1123Subdomain, underscoredSubdomain } from "../../formats.ts";
import { ipAddress } from "../../ip.ts";
import type { Fields } from "../../rules.ts";

const policies: readonly string[] = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

/** Limits of a resolver, as kube-apiserver has them. */
const [maxNameservers, maxSearches, maxSearchChars] = [3, 32, 2048];

/** The policy and what it asks of the configuration. */
export function validateDnsPolicy(policy: string, path: string): readonly FieldError[] {
  return policies.includes(policy) ? [] : [notSupported(`${path}.dnsPolicy`, policy, policies)];
}

/** validatePodDNSConfig. */
export function validateDnsConfig(config: Fields | undefined, policy: string, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const servers = (config?.["nameservers"] ?? []) as string[];
  if (policy === "None" && config === undefined)
    return [required(path, "must provide `dnsConfig` when `dnsPolicy` is None")];
  if (policy === "None" && servers.length === 0)
    return [required(`${path}.nameservers`, "must provide at least one DNS nameserver when `dnsPolicy` is None")];
  if (config === undefined) return errors;
  if (servers.length > maxNameservers)
    errors.push(invalid(`${path}.nameservers`, servers, `must not have more than ${maxNameservers} nameservers`));
  for (const [i, server] of servers.entries())
    errors.push(...formatted(`${path}.nameservers[${i}]`, server, ipAddress));
  return [
    ...errors,
    ...validateSearches((config["searches"] ?? []) as string[], `${path}.searches`),
    ...validateOptions(config["options"], `${path}.options`),
  ];
}

function validateSearches(searches: readonly string[], path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (searches.length > maxSearches)
    errors.push(invalid(path, searches, `must not have more than ${maxSearches} search paths`));
  if (searches.join(" ").length > maxSearchChars)
    errors.push(
      invalid(
        path,
        searches,
        `must not have more than ${maxSearchChars} characters (including spaces) in the search list`,
      ),
    );
  for (const [i, search] of searches.entries()) {
    if (search === ".") continue;
    errors.push(...formatted(`${path}[${i}]`, search.replace(/\.$/, ""), underscoredSubdomain));
  }
  return errors;
}

function validateOptions(options: unknown, path: string): readonly FieldError[] {
  return itemsOf(options, path).flatMap(([{ name }, field]) => (name ? [] : [required(field, "must not be empty")]));
}

/** ValidateHostAliases. */
export function validateHostAliases(aliases: unknown, path: string): readonly FieldError[] {
  return itemsOf(aliases, path).flatMap(([{ ip = "", hostnames = [] }, field]) => [
    ...formatted(`${field}.ip`, ip, ipAddress),
    ...(hostnames as string[]).flatMap((name, i) => formatted(`${field}.hostnames[${i}]`, name, dns1123Subdomain)),
  ]);
}
