import { randomBytes } from "node:crypto";
import type { Client } from "@sallyport/cluster";
import type { ExternalSecret, ToldEvent } from "@sallyport/secrets/stores";
import { corePath } from "./paths.ts";

/** kube-apiserver takes no longer ones. */
const longestMessage = 1024;

/** Events of ExternalSecrets, one after another. One that is refused is lost: nothing depends on them. */
export class ExternalEvents {
  readonly #client: Client;
  readonly #apiVersion: string;
  readonly #now: () => Date;
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: Client, apiVersion: string, now: () => Date) {
    this.#client = client;
    this.#apiVersion = apiVersion;
    this.#now = now;
  }

  tell({ metadata: { name, namespace, uid } }: ExternalSecret, { type, reason, message }: ToldEvent): void {
    const at = this.#now()
      .toISOString()
      .replace(/\.\d{3}Z$/, "Z");
    const body = {
      metadata: { name: `${name.slice(0, 230)}.${randomBytes(8).toString("hex")}`, namespace },
      involvedObject: { apiVersion: this.#apiVersion, kind: "ExternalSecret", namespace, name, ...(uid && { uid }) },
      reason,
      message: message.slice(0, longestMessage),
      type,
      source: { component: "external-secrets" },
      reportingComponent: "external-secrets",
      reportingInstance: "sallyport",
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
    };
    const path = corePath("events", namespace);
    this.#last = this.#last.then(() => this.#client.ask(path, { method: "POST", body })).catch(() => {});
  }

  /** Resolves when all that was told is written. */
  async drained(): Promise<void> {
    await this.#last;
  }
}
