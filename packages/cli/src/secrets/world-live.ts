import type { Client } from "@sallyport/cluster";
import { type KubeObject, StatusError } from "@sallyport/kube";
import type { WorldObject } from "@sallyport/secrets";
import { type WorldKind, worldKinds } from "./world-kinds.ts";

/** Objects of one page: what an API server of 1 GiB answers without trouble. */
const pageSize = "500";

/** Secrets are looked at without their values: where they are, and of which account they hold the token. */
const metadataOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
const tokenType = "kubernetes.io/service-account-token";

export interface LiveWorld {
  readonly objects: readonly WorldObject[];
  /** What could not be read, each in a line. */
  readonly notes: readonly string[];
}

/** What a cluster holds that matters for who comes to a secret; values of secrets are never asked for. Throws `StatusError` and `ConnectionError`. */
export async function worldOfCluster(client: Client): Promise<LiveWorld> {
  const objects: WorldObject[] = [];
  const notes: string[] = [];
  for (const kind of worldKinds)
    try {
      objects.push(...(await (kind.kind === "Secret" ? tokenSecrets(client) : allOf(client, kind, {}))));
    } catch (error) {
      if (!(error instanceof StatusError) || kind.isNeeded === true) throw error;
      if (error.status.code !== 404) notes.push(`${kind.resource} are left out: ${error.message}`);
    }
  return { objects, notes };
}

async function tokenSecrets(client: Client): Promise<readonly WorldObject[]> {
  const kind = { group: "", kind: "Secret", resource: "secrets" };
  const all = await allOf(client, kind, { fieldSelector: `type=${tokenType}` }, metadataOnly);
  return all.map((each) => ({ ...each, type: tokenType }));
}

async function allOf(
  client: Client,
  { group, kind, resource }: WorldKind,
  query: { readonly [name: string]: string },
  accept = "application/json",
): Promise<readonly WorldObject[]> {
  const root = group === "" ? "/api/v1" : `/apis/${group}/v1`;
  const objects: WorldObject[] = [];
  let from = "";
  do {
    const asked = new URLSearchParams({ limit: pageSize, ...query, ...(from === "" ? {} : { continue: from }) });
    const page = (await client.ask(`${root}/${resource}?${asked}`, { accept })) as {
      readonly items?: readonly KubeObject[] | null;
      readonly metadata?: { readonly continue?: string };
    };
    objects.push(...(page.items ?? []).map((each) => ({ ...each, apiVersion: `${group}/v1`, kind })));
    from = page.metadata?.continue ?? "";
  } while (from !== "");
  return objects;
}
