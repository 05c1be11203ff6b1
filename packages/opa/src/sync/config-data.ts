import type { KubeObject } from "@sallyport/kube";
import { entriesOf, idOf } from "./config-maps.ts";
import type { LoadStatus } from "./policy-loader.ts";

interface Folder {
  [key: string]: unknown;
}

/**
 * `data.<namespace>.<configmap>.<key>` out of ConfigMaps labelled as data: each value is one JSON document. All keys of a
 * ConfigMap are put in force together; when one is no JSON, the last good ones stay.
 */
export class ConfigData {
  readonly #root: Folder = Object.create(null) as Folder;
  readonly #texts = new Map<string, string>();

  /** The document, to be merged into `data`; for reading only. */
  get document(): { readonly [namespace: string]: unknown } {
    return this.#root;
  }

  /** The document of one ConfigMap, by its keys. */
  get(namespace: string, name: string): unknown {
    return (this.#root[namespace] as Folder | undefined)?.[name];
  }

  /** Answers the new status, or undefined when the texts are the same as before. */
  put(configMap: KubeObject): LoadStatus | undefined {
    const id = idOf(configMap);
    const entries = entriesOf(configMap);
    const text = JSON.stringify(entries);
    if (this.#texts.get(id) === text) return undefined;
    this.#texts.set(id, text);
    const parsed: Folder = Object.create(null) as Folder;
    for (const [key, value] of entries) {
      try {
        parsed[key] = JSON.parse(value);
      } catch (error) {
        return { status: "error", error: `${id}/${key} is not JSON: ${(error as Error).message}` };
      }
    }
    const { namespace = "", name = "" } = configMap.metadata;
    ((this.#root[namespace] ??= Object.create(null)) as Folder)[name] = parsed;
    return { status: "ok" };
  }

  /** Answers whether there was anything to remove. */
  remove(namespace: string, name: string): boolean {
    this.#texts.delete(`${namespace}/${name}`);
    const folder = this.#root[namespace] as Folder | undefined;
    if (folder?.[name] === undefined) return false;
    delete folder[name];
    if (Object.keys(folder).length === 0) delete this.#root[namespace];
    return true;
  }
}
