import { posix } from "node:path";
import type { KubeObject } from "@sallyport/kube";
import { fieldValue, type NodeFacts, resourceValue } from "../kubelet/downward-api.ts";
import { type ConfigMap, notFound, type PodReader, type Secret, type TokenRequest } from "./pod-reader.ts";
import {
  type ConfigMapSource,
  type DownwardFile,
  type KeyToPath,
  type Projection,
  type TokenProjection,
  type Volume,
  volumeContainersOf,
  volumeSpecOf,
} from "./volume.ts";

/** The files of a volume by their paths in it. */
export type Payload = ReadonlyMap<string, ProjectedFile>;

export interface ProjectedFile {
  readonly data: Uint8Array;
  readonly mode: number;
  /** Whose it is, if not root's. */
  readonly uid?: number;
}

export interface PayloadWorld {
  readonly reader: PodReader;
  readonly node: NodeFacts;
  /** A token of the pod's service account, of those that are still good. */
  readonly token: (request: TokenRequest) => Promise<string>;
}

/** core/v1: the API server's own default. */
const defaultTokenSeconds = 3600;

/** What a volume of an API object's values holds; undefined where it is of another kind. Rejects with an `Error` in kubelet's words. */
export async function payloadOf(volume: Volume, pod: KubeObject, world: PayloadWorld): Promise<Payload | undefined> {
  const { configMap, secret, downwardAPI, projected } = volume;
  const maker = (defaultMode = 0o644) => new PayloadMaker(pod, world, defaultMode);
  if (configMap !== undefined) return await maker(configMap.defaultMode).configMap(configMap);
  if (secret !== undefined) {
    const { secretName, ...source } = secret;
    return await maker(secret.defaultMode).secret(secretName === undefined ? source : { ...source, name: secretName });
  }
  if (downwardAPI !== undefined) return maker(downwardAPI.defaultMode).downward(downwardAPI.items ?? []);
  if (projected !== undefined) return await maker(projected.defaultMode).projected(projected.sources ?? []);
  return undefined;
}

class PayloadMaker {
  readonly #pod: KubeObject;
  readonly #namespace: string;
  readonly #world: PayloadWorld;
  readonly #defaultMode: number;

  constructor(pod: KubeObject, world: PayloadWorld, defaultMode: number) {
    this.#pod = pod;
    this.#namespace = pod.metadata.namespace ?? "";
    this.#world = world;
    this.#defaultMode = defaultMode;
  }

  async configMap({ name = "", items = [], optional = false }: ConfigMapSource): Promise<Payload> {
    const found = await this.#world.reader.configMap(this.#namespace, name);
    if (found === undefined && !optional) throw notFound("configmap", name);
    return this.#keys(configMapValues(found ?? {}), items, optional, "configmap references non-existent config key");
  }

  async secret({ name = "", items = [], optional = false }: ConfigMapSource): Promise<Payload> {
    const found = await this.#world.reader.secret(this.#namespace, name);
    if (found === undefined && !optional) throw notFound("secret", name);
    return this.#keys(secretValues(found ?? {}), items, optional, "references non-existent secret key");
  }

  downward(items: readonly DownwardFile[]): Payload {
    const { node } = this.#world;
    const textOf = ({ fieldRef, resourceFieldRef }: DownwardFile): string =>
      fieldRef !== undefined
        ? fieldValue(fieldRef.fieldPath, this.#pod)
        : resourceFieldRef !== undefined
          ? resourceValue(resourceFieldRef, this.#pod, undefined, node)
          : "";
    return new Map(
      items.map((item) => {
        const file = { data: Buffer.from(textOf(item)), mode: item.mode ?? this.#defaultMode };
        return [posix.normalize(item.path), file];
      }),
    );
  }

  /** A later source's file takes the place of an earlier one's. All that is missing is told at once. */
  async projected(sources: readonly Projection[]): Promise<Payload> {
    const made = new Map<string, ProjectedFile>();
    const faults: string[] = [];
    for (const source of sources) {
      try {
        for (const [path, file] of await this.#source(source)) made.set(path, file);
      } catch (error) {
        faults.push((error as Error).message);
      }
    }
    const [first, ...more] = new Set(faults);
    if (first !== undefined) throw new Error(more.length === 0 ? first : `[${[first, ...more].join(", ")}]`);
    return made;
  }

  async #source(source: Projection): Promise<Payload> {
    const { secret, configMap, downwardAPI, serviceAccountToken } = source;
    if (secret !== undefined) return await this.secret(secret);
    if (configMap !== undefined) return await this.configMap(configMap);
    if (downwardAPI !== undefined) return this.downward(downwardAPI.items ?? []);
    if (serviceAccountToken !== undefined) return await this.#token(serviceAccountToken);
    throw new Error(`${Object.keys(source)[0] ?? "a source of no kind"} cannot be projected by this node`);
  }

  async #token({ path, audience = "", expirationSeconds = defaultTokenSeconds }: TokenProjection): Promise<Payload> {
    const { name = "", uid = "" } = this.#pod.metadata;
    const spec = volumeSpecOf(this.#pod);
    const token = await this.#world.token({
      namespace: this.#namespace,
      serviceAccount: spec.serviceAccountName ?? "default",
      pod: { name, uid },
      audiences: audience === "" ? [] : [audience],
      expirationSeconds,
    });
    const owner = fsUserOf(this.#pod);
    // With a group of the pod's, its members are let in when ownership is set.
    const mode = owner !== undefined || spec.securityContext?.fsGroup !== undefined ? 0o600 : this.#defaultMode;
    return new Map([[path, { data: Buffer.from(token), mode, ...(owner !== undefined && { uid: owner }) }]]);
  }

  #keys(
    values: ReadonlyMap<string, Uint8Array>,
    items: readonly KeyToPath[],
    optional: boolean,
    fault: string,
  ): Payload {
    if (items.length === 0) return new Map([...values].map(([key, data]) => [key, { data, mode: this.#defaultMode }]));
    const missing = items.find(({ key }) => !values.has(key));
    if (missing !== undefined && !optional) throw new Error(`${fault}: ${missing.key}`);
    return new Map(
      items
        .filter(({ key }) => values.has(key))
        .map(({ key, path, mode }) => [path, { data: values.get(key) as Uint8Array, mode: mode ?? this.#defaultMode }]),
    );
  }
}

function configMapValues({ data = {}, binaryData = {} }: ConfigMap): ReadonlyMap<string, Uint8Array> {
  const texts = Object.entries(data).map(([key, text]) => [key, Buffer.from(text)] as const);
  return new Map([
    ...texts,
    ...Object.entries(binaryData).map(([key, value]) => [key, Buffer.from(value, "base64")] as const),
  ]);
}

function secretValues({ data = {} }: Secret): ReadonlyMap<string, Uint8Array> {
  return new Map(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64")] as const));
}

/** The one user that all containers of a pod run as; undefined where they differ, or images say it. pkg/volume/util: FsUserFrom */
export function fsUserOf(pod: KubeObject): number | undefined {
  const spec = volumeSpecOf(pod);
  const users = volumeContainersOf(spec).map(
    ({ securityContext }) => (securityContext?.["runAsUser"] as number | undefined) ?? spec.securityContext?.runAsUser,
  );
  return users.every((user) => user === users[0]) ? users[0] : undefined;
}
