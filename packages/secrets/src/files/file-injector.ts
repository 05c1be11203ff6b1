import { RemoteError } from "../remote/remote.ts";
import { SourceError } from "../source-error.ts";
import { faultOf } from "../stores/external/reconcile.ts";
import { retryInMs } from "../stores/external/schedule.ts";
import { openStore } from "../stores/open-store.ts";
import { rateLimited } from "../stores/rate-limited-store.ts";
import type { SecretStore } from "../stores/secret-store.ts";
import type { StoreContext } from "../stores/store-context.ts";
import type { ProviderSpec } from "../stores/store-spec.ts";
import { writeAtomically } from "./atomic-folder.ts";
import type { FileEntry } from "./file-entry.ts";
import { filesDigest, renderFiles } from "./render-files.ts";

export interface InjectorOptions {
  readonly provider: ProviderSpec;
  readonly entries: readonly FileEntry[];
  readonly context: StoreContext;
  readonly folder: string;
  /** Of files that name none. */
  readonly mode: number;
  readonly intervalMs: number;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** What one look at the store came to; nothing of it is secret. */
export interface Injected {
  /** How many files are there; nothing was written where they were so already. */
  readonly files: number;
  readonly isWritten: boolean;
  readonly fault: string | undefined;
  /** Until the next look. */
  readonly nextMs: number;
}

/** Up to so much of an interval is left out at random: pods of one Deployment start together. */
const jitter = 0.1;

/** Writes what a store has into a folder, and writes it anew when it changes. What was written stays while the store is away. */
export class FileInjector {
  readonly #options: InjectorOptions;
  #store: SecretStore | undefined;
  #written: string | undefined;
  #files = 0;
  #faults = 0;

  constructor(options: InjectorOptions) {
    this.#options = options;
  }

  /** Looks once. Never rejects. */
  async look(): Promise<Injected> {
    const { intervalMs, random } = this.#options;
    try {
      const isWritten = await this.#look();
      this.#faults = 0;
      const nextMs = intervalMs * (1 - jitter * random());
      return { files: this.#files, isWritten, fault: undefined, nextMs };
    } catch (error) {
      this.#faults++;
      // Sooner than the next look would be, if that is far away, and not sooner than others are asked again.
      const nextMs = Math.min(retryInMs(this.#faults, random()), Math.max(intervalMs, retryInMs(1, random())));
      return { files: this.#files, isWritten: false, fault: told(error as Error), nextMs };
    }
  }

  /** Whether the files are there. */
  get isReady(): boolean {
    return this.#written !== undefined;
  }

  close(): void {
    this.#store?.close();
  }

  async #look(): Promise<boolean> {
    const { provider, entries, context, folder, mode, sleep } = this.#options;
    this.#store ??= rateLimited(await openStore(provider, context), { now: context.now, sleep });
    const { files } = await renderFiles("files", entries, this.#store, mode);
    const digest = filesDigest(files);
    if (digest === this.#written) return false;
    await writeAtomically(folder, files);
    this.#written = digest;
    this.#files = files.length;
    return true;
  }
}

/** Faults of the disk are told as they are: they hold paths alone. */
function told(error: Error): string {
  const isDisk = (error as NodeJS.ErrnoException).syscall !== undefined || /was not made here/.test(error.message);
  return isDisk && !(error instanceof RemoteError) && !(error instanceof SourceError) ? error.message : faultOf(error);
}
