import type { Client } from "@sallyport/cluster";
import type { KubeObject } from "@sallyport/kube";
import { idOf } from "@sallyport/opa/sync";

/** Annotates ConfigMaps of a cluster, those alone whose annotations differ, one after the other. */
export class ConfigMapAnnotations {
  readonly #client: Client;
  readonly #onFault: (error: Error) => void;
  readonly #known = new Map<string, { readonly [key: string]: string }>();
  #last: Promise<void> = Promise.resolve();

  constructor(client: Client, onFault: (error: Error) => void) {
    this.#client = client;
    this.#onFault = onFault;
  }

  /** What a ConfigMap has now; undefined when it is gone. */
  see(namespace: string, name: string, object: KubeObject | undefined): void {
    if (object === undefined) this.#known.delete(`${namespace}/${name}`);
    else this.#known.set(idOf(object), object.metadata.annotations ?? {});
  }

  write(namespace: string, name: string, annotations: { readonly [key: string]: string }): void {
    this.#last = this.#last.then(() => this.#write(namespace, name, annotations)).catch(this.#onFault);
  }

  async #write(namespace: string, name: string, annotations: { readonly [key: string]: string }): Promise<void> {
    const known = this.#known.get(`${namespace}/${name}`);
    if (known === undefined || Object.entries(annotations).every(([key, value]) => known[key] === value)) return;
    await this.#client.ask(
      `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${encodeURIComponent(name)}`,
      {
        method: "PATCH",
        type: "application/merge-patch+json",
        body: { metadata: { annotations } },
      },
    );
  }
}
