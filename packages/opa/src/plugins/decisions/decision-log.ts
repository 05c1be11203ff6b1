import { join } from "node:path";
import { type JsonObject, parseJson, type Value } from "@sallyport/rego";
import { apiErrorOf } from "../../server/api-error.ts";
import type { DecisionLogger, LoggedDecision } from "../../server/decision.ts";
import { internalError } from "../../server/fields.ts";
import { HttpStatusError } from "../bundle-status.ts";
import type { FileLogger } from "../file-logger/file-logger.ts";
import type { PluginHost } from "../plugin.ts";
import { Loop } from "../polling.ts";
import { ask } from "../services/ask.ts";
import { type Chunk, ChunkPacker } from "./chunks.ts";
import { type DecisionEvent, decisionLogType, entryFields, eventOf, eventText } from "./decision-event.ts";
import type { DecisionLogConfig } from "./decision-log-config.ts";
import type { DecisionQueue, QueueFaults } from "./decision-queue.ts";
import { DiskQueue } from "./disk-queue.ts";
import { EventQueue } from "./event-queue.ts";
import { MaskError, maskedEvent } from "./mask.ts";
import { SizeQueue } from "./size-queue.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface DecisionLogOptions {
  readonly config: DecisionLogConfig;
  readonly labels: JsonObject;
  /** `persistence_directory`. */
  readonly folder: string;
  readonly host: PluginHost;
  /** Where decisions are told to, too. */
  readonly file?: FileLogger | undefined;
  /** Is told after each upload. */
  readonly onChange: () => void;
}

/** What decision logs had to let go, by OPA's names. */
export type DecisionCounter =
  | "decision_logs_dropped_buffer_size_limit_exceeded"
  | "decision_logs_dropped_rate_limit_exceeded"
  | "decision_logs_encoding_failure"
  | "decision_logs_nd_builtin_cache_dropped";

/** Tells of each decision, without what must not be told: on the console, or to a service. https://www.openpolicyagent.org/docs/management-decision-logs */
export class DecisionLog implements DecisionLogger {
  readonly #options: DecisionLogOptions;
  readonly #bucket: TokenBucket | undefined;
  readonly #loop: Loop | undefined;
  readonly #packer: ChunkPacker;
  readonly #counters = new Map<DecisionCounter, number>();
  #queue: DecisionQueue | undefined;
  #error: unknown;

  constructor(options: DecisionLogOptions) {
    const { config, host } = options;
    const { reporting, service } = config;
    this.#options = options;
    this.#bucket = reporting.perSecond === undefined ? undefined : new TokenBucket(reporting.perSecond, host.clock);
    this.#packer = new ChunkPacker(reporting.uploadLimit, {
      tooLong: (...told) => this.#tooLong(...told),
      shortened: () => this.#count("decision_logs_nd_builtin_cache_dropped", 1),
    });
    const isPeriodic = service !== undefined && reporting.trigger !== "manual";
    this.#loop = isPeriodic ? new Loop(reporting.polling, (signal) => this.#upload(signal)) : undefined;
  }

  get recordsNondeterministic(): boolean {
    return this.#options.config.recordsNondeterministic;
  }

  /** How many decisions, or parts of them, were let go. */
  get counters(): ReadonlyMap<DecisionCounter, number> {
    return this.#counters;
  }

  /** Why the last upload failed. */
  get error(): unknown {
    return this.#error;
  }

  /** Resolves when what an earlier process has left is known. Rejects when the disk cannot be used. */
  async open(): Promise<void> {
    const { config, folder } = this.#options;
    if (config.service !== undefined) this.#queue = await this.#createQueue(join(folder, "decision_logs"));
  }

  /** Resolves after the first upload. */
  async start(): Promise<void> {
    this.#log("info", "Starting decision logger.");
    await this.#loop?.start();
  }

  /** Sends what is left for so long, in milliseconds. */
  async stop(graceMs: number): Promise<void> {
    const { host } = this.#options;
    this.#log("info", "Stopping decision logger.");
    await this.#loop?.stop();
    await this.#queue?.close();
    if (this.#queue === undefined) return;
    this.#log("info", "Flushing decision logs.");
    for (const end = host.clock() + graceMs; ; ) {
      if (await this.#flush(Math.max(0, end - host.clock()))) return;
      if (host.clock() + flushRetryMs >= end) break;
      await new Promise((done) => setTimeout(done, flushRetryMs));
    }
    const isKept = this.#options.config.reporting.buffer === "disk";
    if (isKept) this.#log("info", "Plugin stopped with decisions in its files: the next start sends them.");
    else this.#log("error", "Plugin stopped with decisions possibly still in buffer.");
  }

  async log(decision: LoggedDecision): Promise<void> {
    const { config, labels, host } = this.#options;
    const whole = eventOf(decision, { labels, timestamp: host.timestamp(), headers: config.headers });
    const told = await this.#told(whole, decision);
    if (told === undefined) return;
    const { event, text } = told;
    const { errorText } = decision;
    if (config.console) {
      const error = errorText === undefined ? {} : { error: errorText };
      host.console(entryMessage, { ...(parseJson(text) as JsonObject), ...error, type: decisionLogType });
    }
    if (this.#queue !== undefined) await this.#push(this.#queue, text);
    this.#options.file?.log("info", entryMessage, entryFields(event, errorText));
  }

  /** Without what is masked; undefined for what is not logged at all, or must not be since it could not be masked. */
  async #told(event: DecisionEvent, { ask, path = "" }: LoggedDecision): Promise<Told | undefined> {
    const { mask, drop } = this.#options.config;
    const text = eventText(event);
    let parsed: Value | undefined;
    const input = (): Value => {
      parsed ??= parseJson(text);
      return parsed;
    };
    let doing = "Log drop decision failed";
    try {
      if ((await ask(drop, input)) === true) {
        this.#log("debug", `Decision log event to path ${path} dropped`);
        return undefined;
      }
      doing = "Log event masking failed";
      const rules = await ask(mask, input);
      if (rules === undefined) return { event, text };
      const masked = maskedEvent(event, rules);
      return { event: masked, text: eventText(masked) };
    } catch (error) {
      this.#log("error", `${doing}: ${faultText(error)}.`);
      return undefined;
    }
  }

  async #push(queue: DecisionQueue, text: string): Promise<void> {
    if (this.#bucket?.passes() === false) {
      this.#count("decision_logs_dropped_rate_limit_exceeded", 1);
      this.#log(
        "error",
        "Decision log dropped as rate limit exceeded. Reduce reporting interval or increase rate limit.",
      );
      return;
    }
    try {
      await queue.push(text);
    } catch (error) {
      this.#log("error", `Decision could not be written: ${(error as Error).message}.`);
      throw internalError("the decision could not be logged");
    }
    if (this.#options.config.reporting.trigger === "immediate" && queue.isFull()) this.#loop?.hurry();
  }

  async #upload(signal: AbortSignal): Promise<boolean> {
    try {
      const sent = await this.#send(signal);
      this.#error = undefined;
      if (sent === 0) this.#log("debug", "Log upload queue was empty.");
      else this.#log("info", "Logs uploaded successfully.");
      return true;
    } catch (error) {
      if (signal.aborted) return true;
      this.#error = error;
      this.#log("error", `${uploadFault(error)}.`);
      return false;
    } finally {
      if (!signal.aborted) this.#options.onChange();
    }
  }

  /** True when nothing is left. */
  async #flush(leftMs: number): Promise<boolean> {
    try {
      await this.#send(AbortSignal.timeout(Math.max(1, Math.ceil(leftMs))));
      this.#log("info", "All decisions in buffer uploaded.");
      return true;
    } catch (error) {
      this.#log("error", `Error flushing decisions: ${uploadFault(error)}`);
      return false;
    }
  }

  async #send(signal: AbortSignal): Promise<number> {
    const { service, resource } = this.#options.config;
    if (service === undefined || this.#queue === undefined) return 0;
    const { agent } = this.#options.host;
    const headers = { "Content-Type": "application/json", "Content-Encoding": "gzip" };
    return this.#queue.upload(async ({ bytes }: Chunk) => {
      const answer = await ask(service, { method: "POST", path: resource, headers, body: bytes, agent, signal });
      if (answer.status < 200 || answer.status > 299) throw new HttpStatusError(answer.status, answer.statusText);
    });
  }

  #createQueue(folder: string): Promise<DecisionQueue> | DecisionQueue {
    const { buffer, bytesLimit, eventsLimit } = this.#options.config.reporting;
    const faults: QueueFaults = { dropped: (...told) => this.#dropped(...told) };
    switch (buffer) {
      case "size":
        return new SizeQueue(this.#packer, bytesLimit, faults);
      case "event":
        return new EventQueue(this.#packer, eventsLimit, faults);
      case "disk":
        return DiskQueue.open(folder, this.#packer, bytesLimit, faults);
    }
  }

  #dropped(what: "chunks" | "events", count: number, events: number): void {
    this.#count("decision_logs_dropped_buffer_size_limit_exceeded", events);
    if (what === "chunks")
      this.#log("error", `Dropped ${count} chunks from buffer. Reduce reporting interval or increase buffer size.`);
  }

  #tooLong(size: number, hadNondeterministic: boolean): void {
    this.#count("decision_logs_encoding_failure", 1);
    const limit = this.#options.config.reporting.uploadLimit;
    const tried = hadNondeterministic ? " even after dropping the ND cache." : ". No ND cache to drop.";
    this.#log(
      "error",
      `Log encoding failed: received a decision event size (${size}) that exceeded the upload_size_limit_bytes (${limit})${tried}`,
    );
  }

  #count(name: DecisionCounter, times: number): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + times);
  }

  #log(level: "debug" | "info" | "error", message: string): void {
    this.#options.host.log(level, message, { plugin: "decision_logs" });
  }
}

/** What entries of logs are called that tell of a decision. */
const entryMessage = "Decision Log";

/** A decision as it is told, and its JSON. */
interface Told {
  readonly event: DecisionEvent;
  readonly text: string;
}

/** As OPA, a flush that failed is tried again after this. */
const flushRetryMs = 1000;

function faultText(error: unknown): string {
  if (error instanceof MaskError) return error.message;
  const known = apiErrorOf(error);
  if (known === undefined) throw error;
  return known.message;
}

/** One line of why an upload failed. */
export function uploadFault(error: unknown): string {
  if (error instanceof HttpStatusError) return `log upload failed, server replied with HTTP ${error.line}`;
  return `log upload failed: ${(error as Error).message}`;
}
