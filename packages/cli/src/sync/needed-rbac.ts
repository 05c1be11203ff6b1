import { Client, discover, discoveredCatalogue } from "@sallyport/cluster";
import { builtinCatalogue, type GroupVersionResource, type KubeObject, qualifiedResource } from "@sallyport/kube";
import { resourcesRead, resourcesReadFrom } from "@sallyport/opa/remote-sync";
import { policiesOfConfigMaps } from "@sallyport/opa/sync";
import { UsageError } from "../errors.ts";
import { rbacText } from "./rbac.ts";
import { resourceRead, withVersion } from "./replicated.ts";
import type { RunSyncOptions } from "./run-sync.ts";

/** The roles that a run with these options needs. What policies read is asked of the cluster and the policy server. Throws `UsageError`. */
export async function rbacOf(
  options: RunSyncOptions,
  serviceAccount: { readonly namespace: string; readonly name: string },
): Promise<string> {
  const client = new Client(options.connection);
  try {
    const replicated = await replicatedBy(options, client);
    return rbacText({ namespaces: options.sync.namespaces, replicated, serviceAccount });
  } finally {
    client.close();
    options.opa.close();
  }
}

async function replicatedBy(options: RunSyncOptions, client: Client): Promise<readonly GroupVersionResource[]> {
  const { replicate, derive } = options;
  const isAsked = derive || replicate.some(({ version }) => version === undefined);
  const catalogue = isAsked ? discoveredCatalogue(await discover(client)) : builtinCatalogue;
  const named = replicate.map((each) => {
    const found = withVersion(each, catalogue);
    if (found === undefined)
      throw new UsageError(`--replicate ${qualifiedResource(each)}: the API server does not serve it`);
    return found;
  });
  const read = derive ? await namesRead(options, client) : [];
  const derived = read.flatMap((name) => resourceRead(name, catalogue) ?? []);
  return [...new Map([...named, ...derived].map((each) => [qualifiedResource(each), each])).values()];
}

async function namesRead({ sync, opa, entrypoint }: RunSyncOptions, client: Client): Promise<readonly string[]> {
  const places = sync.namespaces.includes("*") ? [""] : sync.namespaces.map((each) => `namespaces/${each}/`);
  const configMaps: KubeObject[] = [];
  for (const place of places) configMaps.push(...(await client.page(`/api/v1/${place}configmaps`, {})).items);
  const { body } = await opa.ask("GET", "/policies").catch(() => ({ body: undefined }));
  const { result = [] } = (body ?? {}) as {
    readonly result?: readonly { readonly id: string; readonly raw?: string }[];
  };
  const own = policiesOfConfigMaps(configMaps, sync);
  const ids = new Set(own.map(({ name }) => name));
  const texts = [
    ...own,
    ...result.filter(({ id }) => !ids.has(id)).map(({ id, raw = "" }) => ({ name: id, text: raw })),
  ];
  const path = sync.replicatePath.split("/").filter(Boolean);
  const read = entrypoint === undefined ? resourcesRead(texts, path) : resourcesReadFrom(texts, path, entrypoint);
  if (read === undefined) throw new UsageError(`--analysis-entrypoint ${entrypoint?.join("/")}: there is no such rule`);
  return [...read.names];
}
