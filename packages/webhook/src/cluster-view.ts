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
/** A definition that was just written is served within a second; a server that is busy may take ten. */
const [discoverAgainMs, maxDiscoveries] = [200, 50];

/** What of a cluster decisions may read, kept current by watches. */
export class ClusterView {
  readonly objects: ObjectCache = new ObjectCache();
  readonly #options: ClusterViewOptions;
  readonly #followed: FollowedResource[] = [];
  #catalogue: Catalogue = builtinCatalogue;
  #timer: NodeJS.Timeout | undefined;
  /** By name, whether each is served. */
  readonly #served = new Map<string, Promise<boolean>>();
  #isStopped = false;

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
      else
        this.#served.set(
          name,
          this.#follow(resource).synced.then(() => true),
        );
    }
    this.#timer = setInterval(() => void this.#discover().catch(this.#options.onFault), discoverEveryMs);
    this.#timer.unref();
    await Promise.all(this.#followed.map((each) => each.synced));
    return missing;
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
    for (const each of this.#followed) each.stop();
  }

  /**
   * Follows one more resource, as soon as the server serves it; resolves when it was read once, with false where it is not served in time.
   * What is followed already is not followed twice.
   */
  follow(name: string): Promise<boolean> {
    let followed = this.#served.get(name);
    if (followed === undefined) {
      followed = this.#followServed(name).catch((error: unknown) => {
        this.#served.delete(name);
        throw error;
      });
      this.#served.set(name, followed);
    }
    return followed;
  }

  async #followServed(name: string): Promise<boolean> {
    for (let tries = 0; tries < maxDiscoveries && !this.#isStopped; tries++) {
      await this.#discover();
      const resource = this.#resourceOf(name);
      if (resource !== undefined) {
        await this.#follow(resource).synced;
        return true;
      }
      await new Promise((done) => setTimeout(done, discoverAgainMs));
    }
    this.#served.delete(name);
    return false;
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

  #follow(resource: GroupVersionResource): FollowedResource {
    const { client, onFault, random, onChange } = this.#options;
    const followed = new FollowedResource({
      client,
      resource,
      onFault,
      random,
      onChanges: (changes) => {
        this.objects.apply(resource.group, resource.resource, changes);
        for (const each of changes) onChange(each);
      },
    });
    this.#followed.push(followed);
    return followed;
  }
}
