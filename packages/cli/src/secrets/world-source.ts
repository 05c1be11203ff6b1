import { Client, ConnectionError } from "@sallyport/cluster";
import { StatusError } from "@sallyport/kube";
import type { WorldObject } from "@sallyport/secrets";
import { type ConnectionFlags, connectionOf } from "../connection.ts";
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
  const connection = connectionOf(flags);
  const client = new Client(connection);
  try {
    const { objects, notes } = await worldOfCluster(client);
    for (const note of notes) process.stderr.write(`sallyport: ${note}\n`);
    return objects;
  } catch (error) {
    throw error instanceof StatusError ? new ConnectionError(`${connection.url}: ${error.message}`) : error;
  } finally {
    client.close();
  }
}
