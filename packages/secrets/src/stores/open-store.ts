import { SourceError } from "../source-error.ts";
import type { SecretStore } from "./secret-store.ts";
import type { StoreContext } from "./store-context.ts";
import type { ProviderSpec } from "./store-spec.ts";

type Open<Spec> = (spec: Spec, context: StoreContext) => Promise<SecretStore>;

/** Each is loaded when a store of its kind is opened. */
const opens: { readonly [Name in keyof Required<ProviderSpec>]: Open<NonNullable<ProviderSpec[Name]>> } = {
  vault: async (spec, context) => (await import("./providers/vault-provider.ts")).openVaultStore(spec, context),
  aws: async (spec, context) => (await import("./providers/aws-provider.ts")).openAwsStore(spec, context),
  azurekv: async (spec, context) => (await import("./providers/azure-provider.ts")).openAzureStore(spec, context),
  kubernetes: async (spec, context) =>
    (await import("./providers/kubernetes-provider.ts")).openKubernetesStore(spec, context),
  fake: async (spec) => (await import("./providers/fake-provider.ts")).openFakeStore(spec),
  file: async (spec, context) => (await import("./providers/file-provider.ts")).openFileStore(spec, context),
};

/** By the names of their fields in `spec.provider`. */
export const providerNames: readonly string[] = Object.keys(opens);

/** Opens a store as a SecretStore says; nothing is read yet. Rejects with `SourceError`, by the field of `spec`. */
export async function openStore(provider: ProviderSpec, context: StoreContext): Promise<SecretStore> {
  const names = Object.keys(provider);
  const [name = ""] = names;
  if (names.length !== 1) throw new SourceError(`spec.provider: expected one of ${providerNames.join(", ")}`);
  if (!Object.hasOwn(opens, name))
    throw new SourceError(`spec.provider.${name} is not supported; ${providerNames.join(", ")} are`);
  const open = opens[name as keyof ProviderSpec] as Open<unknown>;
  return open(provider[name as keyof ProviderSpec], context);
}
