import { type AuthorizationPolicy, actionOf, isDryRun } from "./authorization-policy.ts";
import { providerFault } from "./extension-provider.ts";
import type { MeshSettings } from "./workload.ts";

/** Whom a CUSTOM policy asks: of requests alone, or by gRPC of connections, too; or why nobody can be asked. */
export type AskedProvider =
  | { readonly kind: "http" | "grpc"; readonly name: string }
  | { readonly kind?: undefined; readonly name: string; readonly fault: string };

/** Tells the provider of each CUSTOM policy of one workload that is in force; undefined of others. */
export function askedProviders(
  policies: readonly AuthorizationPolicy[],
  { extensionProviders = [] }: Pick<MeshSettings, "extensionProviders">,
): (policy: AuthorizationPolicy) => AskedProvider | undefined {
  const asking = policies.filter((policy) => actionOf(policy) === "CUSTOM" && !isDryRun(policy));
  const names = [...new Set(asking.map(nameIn))].sort();
  return (policy) => {
    if (!asking.includes(policy)) return undefined;
    const name = nameIn(policy);
    if (names.length > 1) return { name, fault: `only 1 provider can be used per workload, found ${names.join(", ")}` };
    const [provider, other] = extensionProviders.filter((each) => each.name === name);
    if (provider === undefined) return { name, fault: `there is no provider "${name}" to ask` };
    const fault = other === undefined ? providerFault(provider) : "there are two of that name";
    if (fault !== undefined) return { name, fault: `the provider "${name}" cannot be asked: ${fault}` };
    return { kind: provider.envoyExtAuthzHttp === undefined ? "grpc" : "http", name };
  };
}

function nameIn({ spec }: AuthorizationPolicy): string {
  return spec?.provider?.name ?? "";
}
