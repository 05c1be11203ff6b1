import { type Client, discover, discoveredCatalogue, ObjectCache, Reflector } from "@sallyport/cluster";
import {
  apiVersionOf,
  builtinCatalogue,
  type Catalogue,
  type GroupVersionResource,
  type KubeObject,
} from "@sallyport/kube";

/** One change of what is watched. `object` is undefined when it was deleted. */
export interface ViewChange {
  readonly resource: GroupVersionResource;
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject | undefined;
}

export interface ClusterViewOptions {
  readonly client: Client;
  /** `namespaces`, `limitranges`, `ingresses.networking.k8s.io`: each in the version that the server prefers. */
  readonly resources: readonly string[];
  readonly onChange: (change: ViewChange) => void;
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
  readonly #reflectors: Reflector[] = [];
  readonly #known = new Map<string, Map<string, KubeObject>>();
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
    await Promise.all(this.#reflectors.map((each) => each.synced));
    return missing;
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const each of this.#reflectors) each.stop();
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
    const { client, onFault, random } = this.#options;
    const root = resource.group === "" ? "/api" : "/apis";
    const reflector = new Reflector({
      client,
      path: `${root}/${apiVersionOf(resource)}/${resource.resource}`,
      onReplace: (objects) => this.#replace(resource, objects),
      onChange: ({ type, object }) => {
        this.objects.change(resource.group, resource.resource, { type, object });
        this.#tell(resource, object, type === "DELETED");
      },
      onFault,
      random,
      sleep: sleepUnlessStopped,
    });
    this.#reflectors.push(reflector);
    void reflector.run();
  }

  /** A list anew: what is gone was deleted while nobody watched. */
  #replace(resource: GroupVersionResource, objects: readonly KubeObject[]): void {
    this.objects.replace(resource.group, resource.resource, objects);
    const before = this.#known.get(placeOf(resource)) ?? new Map<string, KubeObject>();
    const now = new Set(objects.map(keyOf));
    for (const [key, object] of before) if (!now.has(key)) this.#tell(resource, object, true);
    for (const object of objects) this.#tell(resource, object, false);
  }

  #tell(resource: GroupVersionResource, object: KubeObject, isGone: boolean): void {
    const place = placeOf(resource);
    const known = this.#known.get(place) ?? new Map<string, KubeObject>();
    this.#known.set(place, known);
    if (isGone) known.delete(keyOf(object));
    else known.set(keyOf(object), object);
    const { namespace = "", name = "" } = object.metadata;
    this.#options.onChange({ resource, namespace, name, object: isGone ? undefined : object });
  }
}

function placeOf({ group, resource }: GroupVersionResource): string {
  return `${group}/${resource}`;
}

function keyOf({ metadata: { namespace = "", name = "" } }: KubeObject): string {
  return `${namespace}/${name}`;
}

function sleepUnlessStopped(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
