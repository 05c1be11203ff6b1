import type { WorldObject } from "@sallyport/secrets";
import { clusterObjects } from "../cluster-objects.ts";
import type { ConnectionFlags } from "../connection.ts";
import { readManifests } from "../manifests.ts";
import { readStandardInput } from "../standard-input.ts";
import { worldOfManifests } from "./world-files.ts";
import { worldOfCluster } from "./world-live.ts";

/** What is known of a cluster: of files where some are named, else of the cluster itself. Throws `InputError`, `UsageError`, `ConnectionError`. */
export async function worldObjects(
  files: readonly string[],
  flags: ConnectionFlags & { readonly namespace: string },
): Promise<readonly WorldObject[]> {
  if (files.length > 0) return worldOfManifests(readManifests(files, readStandardInput), flags.namespace);
  return clusterObjects(flags, worldOfCluster);
}
