import { type Image, ImageFault, type ImageStore, type RegistryCredential } from "./image.ts";
import { parseImageName } from "./image-name.ts";

/** What a container of a pod asks for. */
export interface ImageRequest {
  readonly podUid: string;
  /** As the container names it. */
  readonly image: string;
  /** `Always`, `IfNotPresent` or `Never`. */
  readonly policy: string;
  readonly credentials: () => Promise<readonly RegistryCredential[]>;
  readonly signal: AbortSignal;
  /** Tells an event of the container. */
  readonly tell: (type: "Normal" | "Warning", reason: string, message: string) => void;
}

/** As kubelets: so long until the next try of the same image for the same pod, then twice as long, up to the last. */
const [firstBackoffMs, lastBackoffMs] = [10_000, 300_000];

interface Backoff {
  readonly waitMs: number;
  /** When it failed. */
  readonly since: number;
  readonly fault: string;
}

/** Has images on this machine by the policy of who asks for them, and does not ask a registry again at once that has refused. pkg/kubelet/images */
export class ImagePuller {
  readonly #images: ImageStore;
  /** Milliseconds. */
  readonly #now: () => number;
  readonly #backoffs = new Map<string, Backoff>();

  constructor(images: ImageStore, now: () => number) {
    this.#images = images;
    this.#now = now;
  }

  /**
   * Rejects with an `ImageFault` whose reason and message a container's status has while it waits: InvalidImageName, ErrImageNeverPull,
   * ErrImagePull, ImagePullBackOff. Events are in kubelet's words.
   */
  async ensure(request: ImageRequest): Promise<Image> {
    try {
      return await this.#ensure(request);
    } catch (error) {
      if (error instanceof ImageFault) request.tell("Warning", "Failed", `Error: ${error.reason}`);
      throw error;
    }
  }

  async #ensure(request: ImageRequest): Promise<Image> {
    const { image, policy, tell } = request;
    checkName(request);
    const found = policy === "Always" ? undefined : await this.#images.find(image);
    const credentials = await request.credentials();
    if (found !== undefined && (await this.#images.mayUse(image, credentials))) {
      tell("Normal", "Pulled", `Container image "${image}" already present on machine and can be accessed by the pod`);
      return found;
    }
    if (policy === "Never") {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      tell("Warning", "ErrImageNeverPull", message);
      throw new ImageFault("ErrImageNeverPull", message);
    }
    return await this.#pull(request, credentials);
  }

  async #pull(
    { podUid, image, signal, tell }: ImageRequest,
    credentials: readonly RegistryCredential[],
  ): Promise<Image> {
    const key = `${podUid}_${image}`;
    this.#checkBackoff(key, image, tell);
    tell("Normal", "Pulling", `Pulling image "${image}"`);
    const begun = this.#now();
    try {
      const pulled = await this.#images.pull(image, { credentials, signal });
      const took = goDuration(this.#now() - begun);
      tell(
        "Normal",
        "Pulled",
        `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${pulled.sizeBytes} bytes.`,
      );
      return pulled;
    } catch (error) {
      if (!(error instanceof ImageFault)) throw error;
      tell("Warning", "Failed", `Failed to pull image "${image}": ${error.message}`);
      this.#backOff(key, `${error.reason}: ${error.message}`);
      throw error;
    }
  }

  #checkBackoff(key: string, image: string, tell: ImageRequest["tell"]): void {
    const backoff = this.#backoffs.get(key);
    if (backoff === undefined || this.#now() - backoff.since >= backoff.waitMs) return;
    const message = `Back-off pulling image "${image}"`;
    tell("Normal", "BackOff", message);
    throw new ImageFault("ImagePullBackOff", `${message}: ${backoff.fault}`);
  }

  #backOff(key: string, fault: string): void {
    const since = this.#now();
    for (const [other, { since: before }] of this.#backoffs)
      if (since - before > 2 * lastBackoffMs) this.#backoffs.delete(other);
    const before = this.#backoffs.get(key);
    const waitMs = before === undefined ? firstBackoffMs : Math.min(2 * before.waitMs, lastBackoffMs);
    this.#backoffs.set(key, { waitMs, since, fault });
  }
}

function checkName({ image, tell }: ImageRequest): void {
  try {
    parseImageName(image);
  } catch (error) {
    const message = `Failed to apply default image tag "${image}": ${(error as Error).message}`;
    tell("Warning", "InspectFailed", message);
    throw new ImageFault("InvalidImageName", message);
  }
}

/** As Go prints a time of whole milliseconds: `523ms`, `1.2s`, `1m2.5s`. */
export function goDuration(ms: number): string {
  const whole = Math.trunc(ms);
  if (whole === 0) return "0s";
  if (whole < 1000) return `${whole}ms`;
  const [hours, minutes] = [Math.trunc(whole / 3_600_000), Math.trunc(whole / 60_000) % 60];
  const seconds = `${(whole % 60_000) / 1000}s`;
  return hours > 0 ? `${hours}h${minutes}m${seconds}` : minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
