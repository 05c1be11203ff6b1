import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "@sallyport/files";
import type { RegoVersion } from "@sallyport/rego";
import type { Bundle } from "../bundle/bundle.ts";
import type { PolicyState } from "../server/policy-state.ts";
import { type BundleSource, readSource } from "./bundle-source.ts";
import { BundleStatus, bundleFault } from "./bundle-status.ts";
import { download } from "./download.ts";
import type { PluginHost } from "./plugin.ts";
import { Loop } from "./polling.ts";

export interface BundlesOptions {
  readonly sources: readonly BundleSource[];
  readonly state: PolicyState;
  readonly regoVersion: RegoVersion;
  /** Where bundles are kept for starts at which their service does not answer. */
  readonly folder: string;
  readonly host: PluginHost;
  /** Is told when the status of one has changed. */
  readonly onChange: (status: BundleStatus) => void;
}

/** Keeps bundles as new as their services have them. https://www.openpolicyagent.org/docs/management-bundles */
export class Bundles {
  readonly #options: BundlesOptions;
  readonly #watched: readonly WatchedBundle[];

  constructor(options: BundlesOptions) {
    this.#options = options;
    const activate: WatchedBundleOptions["activate"] = (...bundle) => options.state.activate(...bundle);
    const watched = { ...options, activate, words: bundleWords };
    this.#watched = options.sources.map((source) => new WatchedBundle(source, watched));
  }

  /** By name. */
  get statuses(): ReadonlyMap<string, BundleStatus> {
    return new Map(this.#watched.map(({ status }) => [status.name, status]));
  }

  get isReady(): boolean {
    return this.#watched.every(({ status }) => status.isReady);
  }

  /** Resolves when all were asked for once, and are in force where they came. */
  async start(): Promise<void> {
    const { log } = this.#options.host;
    for (const { status } of this.#watched)
      log("info", "Starting bundle loader.", { name: status.name, plugin: "bundle" });
    await Promise.all(this.#watched.map((each) => each.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#watched.map((each) => each.stop()));
  }
}

export interface WatchedBundleOptions {
  readonly regoVersion: RegoVersion;
  /** Where it is kept for starts at which its service does not answer. */
  readonly folder: string;
  readonly host: PluginHost;
  readonly onChange: (status: BundleStatus) => void;
  /** Puts what came in force. Throws `BundleError`, `RegoError`, `PluginConfigError`. */
  readonly activate: (name: string, bundle: Bundle, etag: string) => void | Promise<void>;
  readonly words: WatchedWords;
}

/** How the log tells of a bundle. */
export interface WatchedWords {
  readonly plugin: "bundle" | "discovery";
  readonly done: string;
  readonly failed: string;
  readonly unchanged: string;
}

const bundleWords: WatchedWords = {
  plugin: "bundle",
  done: "Bundle loaded and activated successfully.",
  failed: "Bundle load failed",
  unchanged: "Bundle load skipped, server replied with not modified.",
};

/** One bundle that is kept as new as its service has it. */
export class WatchedBundle {
  readonly status: BundleStatus;
  readonly #source: BundleSource;
  readonly #options: WatchedBundleOptions;
  readonly #loop: Loop;
  #etag = "";

  constructor(source: BundleSource, options: WatchedBundleOptions) {
    this.#source = source;
    this.#options = options;
    this.status = new BundleStatus(source.name);
    this.#loop = new Loop(source.polling, (signal) => this.#refresh(signal));
  }

  async start(): Promise<void> {
    if (this.#source.isPersisted) await this.#restore();
    await this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** What was in force when the process ended, so that one starts without the service too. */
  async #restore(): Promise<void> {
    try {
      await this.#activate(await readFile(this.#file), "");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT")
        this.#log("error", `Failed to load bundle from disk: ${bundleFault(error)}`);
    }
  }

  async #refresh(signal: AbortSignal): Promise<boolean> {
    const { status } = this;
    try {
      await this.#download(signal);
      status.error = undefined;
      return true;
    } catch (error) {
      if (signal.aborted) return true;
      status.error = error;
      this.#log("error", `${this.#options.words.failed}: ${bundleFault(error)}`);
      return false;
    } finally {
      if (!signal.aborted) this.#options.onChange(status);
    }
  }

  async #download(signal: AbortSignal): Promise<void> {
    const { status } = this;
    const { timestamp, clock } = this.#options.host;
    const start = clock();
    const { agent } = this.#options.host;
    const answer = await download(this.#source, { etag: this.#etag, modes: "snapshot,delta", agent, signal }).finally(
      () => {
        status.requestMs = clock() - start;
        status.requested = timestamp();
      },
    );
    status.succeeded = status.requested;
    if (answer === "same") {
      this.#log("debug", this.#options.words.unchanged);
      return;
    }
    status.downloaded = status.requested;
    status.size = answer.bytes.length;
    const isSnapshot = await this.#activate(answer.bytes, answer.etag);
    this.#etag = answer.etag;
    const etag = answer.etag === "" ? "" : ` Etag updated to ${answer.etag}.`;
    this.#log("info", `${this.#options.words.done}${etag}`);
    if (isSnapshot && this.#source.isPersisted) await this.#persist(answer.bytes);
  }

  /** True for a whole bundle, false for a delta. */
  async #activate(bytes: Uint8Array, etag: string): Promise<boolean> {
    const { activate, regoVersion, host } = this.#options;
    const bundle = await readSource(this.#source, bytes, regoVersion);
    await activate(this.#source.name, bundle, etag);
    this.status.revision = bundle.manifest.revision;
    this.status.type = bundle.patch === undefined ? "snapshot" : "delta";
    this.status.activated = host.timestamp();
    return bundle.patch === undefined;
  }

  get #file(): string {
    return join(this.#options.folder, "bundles", this.#source.name, "bundle.tar.gz");
  }

  /** Whole or not at all. A disk that takes nothing is told of: the bundle is in force all the same. */
  async #persist(bytes: Uint8Array): Promise<void> {
    try {
      await mkdir(join(this.#file, ".."), { recursive: true });
      await writeWhole(this.#file, bytes, 0o644);
    } catch (error) {
      this.#log("error", `Persisting bundle to disk failed: ${(error as Error).message}`);
    }
  }

  #log(level: "debug" | "info" | "error", message: string): void {
    this.#options.host.log(level, message, {
      ...(this.#options.words.plugin === "bundle" && { name: this.#source.name }),
      plugin: this.#options.words.plugin,
    });
  }
}
