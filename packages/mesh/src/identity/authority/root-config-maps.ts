import { type Client, type FollowedChange, FollowedResource } from "@sallyport/cluster";
import { type KubeObject, StatusError } from "@sallyport/kube";

export interface RootConfigMapsOptions {
  readonly client: Client;
  /** Istio's is `istio-ca-root-cert`. */
  readonly name: string;
  /** PEM of all that are trusted now. */
  readonly roots: () => string;
  /** Why one could not be written, or namespaces not be followed; it is tried again. */
  readonly onFault: (error: Error) => void;
  /** Between 0 and 1. */
  readonly random: () => number;
}

/** The key of the ConfigMap, as pods of Istio mount it. */
const key = "root-cert.pem";

/** How long a namespace that could not be written waits. */
const retryMs = 5_000;

/** A ConfigMap with the mesh's roots in each namespace; one that somebody changes or deletes is written again. */
export class RootConfigMaps {
  readonly #options: RootConfigMapsOptions;
  readonly #spaces = new Set<string>();
  readonly #written = new Map<string, string | undefined>();
  readonly #due = new Set<string>();
  readonly #followed: readonly FollowedResource[];
  #worker: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: RootConfigMapsOptions) {
    this.#options = options;
    const { client, name, onFault, random } = options;
    const resource = (plural: string) => ({ group: "", version: "v1", resource: plural });
    const common = { client, onFault, random };
    this.#followed = [
      new FollowedResource({
        ...common,
        resource: resource("configmaps"),
        fieldSelector: `metadata.name=${name}`,
        onChanges: (changes) => this.#takeMaps(changes),
      }),
      new FollowedResource({
        ...common,
        resource: resource("namespaces"),
        onChanges: (changes) => this.#takeSpaces(changes),
      }),
    ];
  }

  /** Resolves when all namespaces that were there at first have theirs, or were tried. */
  async synced(): Promise<void> {
    await Promise.all(this.#followed.map(({ synced }) => synced));
    await this.#worker;
  }

  /** Other roots are trusted now. */
  update(): void {
    for (const space of this.#spaces) this.#due.add(space);
    this.#work();
  }

  /** What is being written may end. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    for (const each of this.#followed) each.stop();
    await this.#worker;
  }

  #takeMaps(changes: readonly FollowedChange[]): void {
    for (const { namespace, object } of changes) {
      if (object === undefined) this.#written.delete(namespace);
      else this.#written.set(namespace, dataOf(object)[key]);
      if (this.#spaces.has(namespace)) this.#due.add(namespace);
    }
    this.#work();
  }

  #takeSpaces(changes: readonly FollowedChange[]): void {
    for (const { name, object } of changes) {
      // Into one that goes nothing can be written.
      const isThere = object !== undefined && object.metadata.deletionTimestamp === undefined;
      if (isThere) this.#spaces.add(name);
      else this.#spaces.delete(name);
      if (isThere) this.#due.add(name);
      else this.#due.delete(name);
    }
    this.#work();
  }

  #work(): void {
    this.#worker ??= this.#writeAll().finally(() => {
      this.#worker = undefined;
    });
  }

  async #writeAll(): Promise<void> {
    // Namespaces that were listed before their ConfigMaps would all be written once more.
    await this.#followed[0]?.synced;
    const failed = new Set<string>();
    for (const space of this.#due) {
      if (this.#isStopped) return;
      this.#due.delete(space);
      try {
        await this.#write(space);
      } catch (error) {
        if (isOfGone(error)) continue;
        failed.add(space);
        this.#options.onFault(
          new Error(`ConfigMap ${space}/${this.#options.name}: ${(error as Error).message}`, { cause: error }),
        );
      }
    }
    if (failed.size === 0) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      for (const space of failed) if (this.#spaces.has(space)) this.#due.add(space);
      this.#work();
    }, retryMs);
  }

  async #write(space: string): Promise<void> {
    const { client, name } = this.#options;
    const roots = this.#options.roots();
    if (this.#written.get(space) === roots) return;
    const home = `/api/v1/namespaces/${encodeURIComponent(space)}/configmaps`;
    const data = { [key]: roots };
    const patch = () =>
      client.ask(`${home}/${name}`, { method: "PATCH", type: "application/merge-patch+json", body: { data } });
    if (this.#written.has(space)) {
      await patch();
      return;
    }
    const metadata = { name, namespace: space, labels: { "app.kubernetes.io/managed-by": "sallyport" } };
    try {
      await client.ask(home, { method: "POST", body: { apiVersion: "v1", kind: "ConfigMap", metadata, data } });
    } catch (error) {
      // Another replica was faster, or our view is late.
      if (!(error instanceof StatusError) || error.status.reason !== "AlreadyExists") throw error;
      await patch();
    }
  }
}

/** Whether the namespace, or the map that was to be changed, went away meanwhile: a change tells of it. */
function isOfGone(error: unknown): boolean {
  if (!(error instanceof StatusError)) return false;
  const { code, details } = error.status;
  return (
    code === 404 || (code === 403 && (details?.causes ?? []).some(({ reason }) => reason === "NamespaceTerminating"))
  );
}

function dataOf(object: KubeObject): { readonly [key: string]: string } {
  return (object["data"] ?? {}) as { readonly [key: string]: string };
}
