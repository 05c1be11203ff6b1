import type { Client, Page } from "@sallyport/cluster";
import { StatusError } from "@sallyport/kube";
import type { PlacedObject } from "@sallyport/mesh";
import { type ViewKind, viewKinds } from "./view-kinds.ts";

/** Objects of one page: what an API server of 1 GiB answers without trouble. */
const pageSize = "500";

/** What a cluster holds of a mesh, and what could not be read, each in a line. */
export interface LiveObjects {
  readonly objects: readonly PlacedObject[];
  readonly notes: readonly string[];
}

/** Reads all kinds of `viewKinds`; those that the cluster does not have are none. Throws `StatusError` and `ConnectionError`. */
export async function objectsOfCluster(client: Client): Promise<LiveObjects> {
  const objects: PlacedObject[] = [];
  const notes: string[] = [];
  for (const kind of viewKinds)
    try {
      objects.push(...(await allOf(client, kind)));
    } catch (error) {
      if (!(error instanceof StatusError) || kind.isNeeded === true) throw error;
      notes.push(`${kind.resource} are left out: ${error.message}`);
    }
  return { objects, notes };
}

async function allOf(client: Client, kind: ViewKind): Promise<readonly PlacedObject[]> {
  for (const version of kind.versions)
    try {
      return await allOfVersion(client, kind, version);
    } catch (error) {
      if (!(error instanceof StatusError) || error.status.code !== 404) throw error;
    }
  return [];
}

async function allOfVersion(
  client: Client,
  { group, kind, resource }: ViewKind,
  version: string,
): Promise<readonly PlacedObject[]> {
  const apiVersion = group === "" ? version : `${group}/${version}`;
  const root = group === "" ? `/api/${version}` : `/apis/${apiVersion}`;
  const objects: PlacedObject[] = [];
  let from = "";
  do {
    const query = { limit: pageSize, ...(from === "" ? {} : { continue: from }) };
    const page: Page = await client.page(`${root}/${resource}`, query);
    objects.push(...page.items.map((each) => ({ object: { ...each, apiVersion, kind } })));
    from = page.continue;
  } while (from !== "");
  return objects;
}
