import type { KubeObject } from "@sallyport/kube";
import { expandedText } from "../docker/references.ts";
import { RuntimeFault } from "../runtime/container-runtime.ts";
import type { ContainerSpec } from "../security-context/pod.ts";
import { cachedReader, notFound, type PodReader } from "../volumes/pod-reader.ts";
import {
  type FieldRef,
  type NodeFacts,
  type ResourceContainer,
  type ResourceFieldRef,
  resourceValue,
  runtimeFieldValue,
} from "./downward-api.ts";
import { environmentFileValue } from "./environment-file.ts";
import { serviceEnvironment } from "./service-environment.ts";

/** What an environment is made of beside the pod. */
export interface EnvironmentWorld {
  readonly reader: PodReader;
  /** Of all namespaces. */
  readonly services: readonly KubeObject[];
  readonly node: NodeFacts;
  /** The first is the one that counts. */
  readonly podIPs: readonly string[];
  /** The text of a file of one of the pod's volumes. Rejects with an `Error`. */
  readonly fileOf: (volume: string, path: string) => Promise<string>;
}

interface Reference {
  readonly name?: string;
  readonly key: string;
  readonly optional?: boolean;
}

/** core/v1 FileKeySelector. */
interface FileKeyRef {
  readonly volumeName: string;
  readonly path: string;
  readonly key: string;
  readonly optional?: boolean;
}

/** core/v1 EnvVar. */
interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: FieldRef;
    readonly resourceFieldRef?: ResourceFieldRef;
    readonly configMapKeyRef?: Reference;
    readonly secretKeyRef?: Reference;
    readonly fileKeyRef?: FileKeyRef;
  };
}

/** core/v1 EnvFromSource. */
interface EnvFrom {
  readonly prefix?: string;
  readonly configMapRef?: Omit<Reference, "key">;
  readonly secretRef?: Omit<Reference, "key">;
}

/**
 * A container's variables as `NAME=value`: of `envFrom`, of `env` in its order, and of Services where nothing else has the name.
 * Rejects with a `RuntimeFault` of reason CreateContainerConfigError in kubelet's words. pkg/kubelet: makeEnvironmentVariables
 */
export async function containerEnvironment(
  pod: KubeObject,
  container: ContainerSpec,
  world: EnvironmentWorld,
): Promise<readonly string[]> {
  try {
    const { enableServiceLinks = true } = pod["spec"] as { readonly enableServiceLinks?: boolean };
    const services = serviceEnvironment(world.services, pod.metadata.namespace ?? "", enableServiceLinks);
    const environment = new Environment(pod, container, world, services);
    return [...(await environment.make())].map(([name, value]) => `${name}=${value}`);
  } catch (error) {
    throw new RuntimeFault("CreateContainerConfigError", (error as Error).message);
  }
}

class Environment {
  readonly #pod: KubeObject;
  readonly #namespace: string;
  readonly #container: ContainerSpec;
  readonly #world: EnvironmentWorld;
  readonly #reader: PodReader;
  readonly #services: ReadonlyMap<string, string>;
  readonly #made = new Map<string, string>();

  constructor(
    pod: KubeObject,
    container: ContainerSpec,
    world: EnvironmentWorld,
    services: ReadonlyMap<string, string>,
  ) {
    this.#pod = pod;
    this.#namespace = pod.metadata.namespace ?? "";
    this.#container = container;
    this.#world = world;
    this.#reader = cachedReader(world.reader);
    this.#services = services;
  }

  async make(): Promise<ReadonlyMap<string, string>> {
    const { env = [], envFrom = [] } = this.#container as {
      readonly env?: readonly EnvVar[];
      readonly envFrom?: readonly EnvFrom[];
    };
    for (const source of envFrom) await this.#addAll(source);
    for (const variable of env) {
      const value = await this.#valueOf(variable);
      if (value !== undefined) this.#made.set(variable.name, value);
    }
    return new Map([...this.#made, ...[...this.#services].filter(([name]) => !this.#made.has(name))]);
  }

  async #addAll({ prefix = "", configMapRef, secretRef }: EnvFrom): Promise<void> {
    const values =
      configMapRef !== undefined
        ? await this.#configMap(configMapRef)
        : secretRef !== undefined
          ? await this.#secret(secretRef)
          : undefined;
    for (const key of Object.keys(values ?? {}).sort()) this.#made.set(`${prefix}${key}`, values?.[key] as string);
  }

  /** Undefined where an optional one is not there: then what the name had stays. */
  async #valueOf({ value = "", valueFrom }: EnvVar): Promise<string | undefined> {
    if (value !== "") return expandedText(value, new Map([...this.#services, ...this.#made])).text;
    if (valueFrom?.fieldRef !== undefined)
      return runtimeFieldValue(valueFrom.fieldRef, this.#pod, this.#world.node, this.#world.podIPs);
    if (valueFrom?.resourceFieldRef !== undefined)
      return resourceValue(
        valueFrom.resourceFieldRef,
        this.#pod,
        this.#container as ResourceContainer,
        this.#world.node,
      );
    if (valueFrom?.configMapKeyRef !== undefined)
      return this.#keyOf(valueFrom.configMapKeyRef, "ConfigMap", await this.#configMap(valueFrom.configMapKeyRef));
    if (valueFrom?.secretKeyRef !== undefined)
      return this.#keyOf(valueFrom.secretKeyRef, "Secret", await this.#secret(valueFrom.secretKeyRef));
    if (valueFrom?.fileKeyRef !== undefined) return await this.#fileKey(valueFrom.fileKeyRef);
    return "";
  }

  async #fileKey({ volumeName, path, key, optional = false }: FileKeyRef): Promise<string | undefined> {
    const value = environmentFileValue(await this.#world.fileOf(volumeName, path), key);
    if (value !== "") return value;
    if (optional) return undefined;
    throw new Error(`environment variable key "${key}" not found in file "${path}"`);
  }

  #keyOf(
    { name = "", key, optional = false }: Reference,
    kind: "ConfigMap" | "Secret",
    values: { readonly [key: string]: string } | undefined,
  ): string | undefined {
    if (values === undefined) return undefined;
    if (Object.hasOwn(values, key)) return values[key];
    if (optional) return undefined;
    throw new Error(`couldn't find key ${key} in ${kind} ${this.#namespace}/${name}`);
  }

  async #configMap({
    name = "",
    optional = false,
  }: Omit<Reference, "key">): Promise<{ readonly [key: string]: string } | undefined> {
    const found = await this.#reader.configMap(this.#namespace, name);
    if (found === undefined && !optional) throw notFound("configmap", name);
    return found && (found.data ?? {});
  }

  async #secret({
    name = "",
    optional = false,
  }: Omit<Reference, "key">): Promise<{ readonly [key: string]: string } | undefined> {
    const found = await this.#reader.secret(this.#namespace, name);
    if (found === undefined && !optional) throw notFound("secret", name);
    const decoded = Object.entries(found?.data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, "base64").toString(),
    ]);
    return found && Object.fromEntries(decoded);
  }
}
