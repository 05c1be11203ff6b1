import { type Client, unlessGone } from "@sallyport/cluster";
import {
  type AuditViolation,
  ConnectionFault,
  connectionStatusOf,
  diskConnection,
  type Operation,
} from "@sallyport/constraints";
import { type KubeObject, StatusError } from "@sallyport/kube";
import { type DiskExport, exportToDisk } from "./export-to-disk.ts";
import { ensureNamespace, tellPodStatus, writeStatus } from "./told-status.ts";

export interface ViolationExportOptions {
  readonly client: Client;
  /** Of the Connection, and of the statuses. */
  readonly namespace: string;
  /** Gatekeeper's `--audit-connection`. */
  readonly connection: string;
  /** Gatekeeper's `--audit-channel`. */
  readonly channel: string;
  /** Names this process in statuses. */
  readonly id: string;
  /** One line for the operator: the audit goes on. */
  readonly onFault: (text: string) => void;
}

type ErrorType = "UpsertConnection" | "Publish";

const operations: readonly Operation[] = ["audit", "status"];

/** Exports the violations of audits to where a Connection says, and tells in its status how that goes, as Gatekeeper's audit does. */
export class ViolationExport {
  readonly #options: ViolationExportOptions;
  #object: KubeObject | undefined;
  #running: DiskExport | undefined;

  constructor(options: ViolationExportOptions) {
    this.#options = options;
  }

  get #path(): string {
    const { namespace, connection } = this.#options;
    return `/apis/connection.gatekeeper.sh/v1alpha1/namespaces/${namespace}/connections/${connection}`;
  }

  /** An audit begins, at so many milliseconds. Without a Connection nothing is exported, which is told. */
  async begin(at: number): Promise<void> {
    const { client, channel, namespace, connection, onFault } = this.#options;
    this.#running?.drop();
    this.#running = undefined;
    const found = await unlessGone(client.ask(this.#path));
    this.#object = found as KubeObject | undefined;
    if (this.#object === undefined)
      return onFault(`export: no Connection ${namespace}/${connection} (connection.gatekeeper.sh/v1alpha1)`);
    try {
      this.#running = exportToDisk(diskConnection(this.#object), channel, at);
    } catch (error) {
      await this.#failed("UpsertConnection", error as Error);
    }
  }

  async violation(violation: AuditViolation): Promise<void> {
    await this.#publish(async (running) => await running.violation(violation));
  }

  async end(): Promise<void> {
    await this.#publish(async (running) => {
      await running.end();
      this.#running = undefined;
      await this.#tell("Publish", undefined);
    });
  }

  /** The audit did not come to its end. */
  drop(): void {
    this.#running?.drop();
    this.#running = undefined;
  }

  async #publish(act: (running: DiskExport) => Promise<void>): Promise<void> {
    if (this.#running === undefined) return;
    try {
      await act(this.#running);
    } catch (error) {
      if (error instanceof StatusError) throw error;
      this.drop();
      await this.#failed("Publish", error as Error);
    }
  }

  async #failed(errorType: ErrorType, error: Error): Promise<void> {
    if (!(error instanceof ConnectionFault) && !("code" in error)) throw error;
    this.#options.onFault(`export: Connection ${this.#options.connection}: ${error.message}`);
    await this.#tell(errorType, error.message);
  }

  async #tell(errorType: ErrorType, fault: string | undefined): Promise<void> {
    const { client, namespace, id } = this.#options;
    if (this.#object === undefined) return;
    const told = connectionStatusOf(this.#object, errorType, { id, namespace, operations, fault });
    await ensureNamespace(client, namespace);
    const { byPod } = await tellPodStatus(client, told);
    await writeStatus(client, this.#path, { byPod });
  }
}
