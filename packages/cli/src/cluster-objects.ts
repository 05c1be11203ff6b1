import { Client, ConnectionError } from "@sallyport/cluster";
import { StatusError } from "@sallyport/kube";
import { type ConnectionFlags, connectionOf } from "./connection.ts";

/** What a command reads of a cluster; what could not be read is told in lines on standard error. Throws `UsageError`, `ConnectionError`. */
export async function clusterObjects<T>(
  flags: ConnectionFlags,
  read: (client: Client) => Promise<{ readonly objects: readonly T[]; readonly notes: readonly string[] }>,
): Promise<readonly T[]> {
  const connection = connectionOf(flags);
  const client = new Client(connection);
  try {
    const { objects, notes } = await read(client);
    for (const note of notes) process.stderr.write(`sallyport: ${note}\n`);
    return objects;
  } catch (error) {
    throw error instanceof StatusError ? new ConnectionError(`${connection.url}: ${error.message}`) : error;
  } finally {
    client.close();
  }
}
