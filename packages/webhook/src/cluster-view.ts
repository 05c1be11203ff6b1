import {
  type Client,
  discover,
  discoveredCatalogue,
  type FollowedChange,
  FollowedResource,
  ObjectCache,
} from "@sallyport/cluster";
import { builtinCatalogue, type Catalogue, type GroupVersionResource } from "@sallyport/kube";

export interface ClusterViewOptions {
  readonly client: Client;
  /** `namespaces`, `limitranges`, `ingresses.networking.k8s.io`: each in the version that the server prefers. */
  readonly resources: readonly string[];
  readonly onChange: (change: FollowedChange) => void;
  /** Why something could not be listed, watched or discovered; it is tried again. */
  readonly onFault: (error: Error) => void;
  readonly random: () => number;
}

/** CustomResourceDefinitions come and go; a kind that nobody knows is only not looked for in other versions. */
const discoverEveryMs = 60_000;

/** What of a cluster decisions may read, kept current by watches. */
export class ClusterView {
  readonly objects: ObjectCache = new ObjectCache();
  readonly #options: ClusterViewOptions;
  readonly #followed: FollowedResource[] = [];
  #catalogue: Catalogue = builtinCatalogue;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ClusterViewOptions) {
    this.#options = options;
  }

  get catalogue(): Catalogue {
    return this.#catalogue;
  }

  /** Resolves when everything was read once; answers what cannot be watched, since the server does not serve it. */
  async start(): Promise<readonly string[]> {
    await this.#discover();
    const missing: string[] = [];
    for (const name of this.#options.resources) {
      const resource = this.#resourceOf(name);
      if (resource === undefined) missing.push(name);
      else this.#follow(resource);
    }
    this.#timer = setInterval(() => void this.#discover().catch(this.#options.onFault), discoverEveryMs);
    this.#timer.unref();
    await Promise.all(this.#followed.map((each) => each.synced));
    return missing;
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const each of this.#followed) each.stop();
  }

  async #discover(): Promise<void> {
    this.#catalogue = discoveredCatalogue(await discover(this.#options.client));
  }

  #resourceOf(name: string): GroupVersionResource | undefined {
    const dot = name.indexOf(".");
    const [resource, group] = dot < 0 ? [name, ""] : [name.slice(0, dot), name.slice(dot + 1)];
    const found = [...this.#catalogue.all()].some((each) => each.group === group && each.resource === resource);
    const preferred = found ? this.#catalogue.preferred(group, resource) : undefined;
    return preferred && { group, version: preferred.version, resource };
  }

  #follow(resource: GroupVersionResource): void {
    const { client, onFault, random, onChange } = this.#options;
    this.#followed.push(
      new FollowedResource({
        client,
        resource,
        onFault,
        random,
        onChanges: (changes) => {
          this.objects.apply(resource.group, resource.resource, changes);
          for (const each of changes) onChange(each);
        },
      }),
    );
  }
}
