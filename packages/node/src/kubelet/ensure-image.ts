import type { ImageStore } from "../image/image.ts";
import { ImageFault, type RegistryCredential } from "../image/image.ts";
import { type KubeletClock, type Tell, WaitingFault } from "./context.ts";
import type { KubeletContainer, Pod } from "./pod.ts";

export interface EnsureImageOptions {
  readonly images: ImageStore;
  readonly clock: KubeletClock;
  readonly tell: Tell;
  readonly credentialsOf: (pod: Pod) => Promise<readonly RegistryCredential[]>;
}

/** Has a container's image on this machine, by its policy. Rejects with a WaitingFault; events are in kubelet's words. */
export async function ensureImage(
  pod: Pod,
  { name, image, imagePullPolicy = "IfNotPresent" }: KubeletContainer,
  signal: AbortSignal,
  { images, clock, tell, credentialsOf }: EnsureImageOptions,
): Promise<void> {
  const say = (type: "Normal" | "Warning", reason: string, message: string) =>
    tell(pod, type, reason, message, `spec.containers{${name}}`);
  try {
    const found = await images.find(image);
    if (found !== undefined && imagePullPolicy !== "Always") {
      say("Normal", "Pulled", `Container image "${image}" already present on machine`);
      return;
    }
    if (imagePullPolicy === "Never") {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      say("Warning", "ErrImageNeverPull", message);
      throw new WaitingFault("ErrImageNeverPull", message);
    }
    say("Normal", "Pulling", `Pulling image "${image}"`);
    const begun = clock.now();
    const pulled = await images.pull(image, { credentials: await credentialsOf(pod), signal });
    const took = `${Math.round(clock.now() - begun) / 1000}s`;
    say(
      "Normal",
      "Pulled",
      `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${pulled.sizeBytes} bytes.`,
    );
  } catch (error) {
    if (!(error instanceof ImageFault)) throw error;
    if (error.reason === "InvalidImageName") {
      const message = `Failed to apply default image tag "${image}": couldn't parse image name: ${error.message}`;
      say("Warning", "InspectFailed", message);
      throw new WaitingFault("InvalidImageName", message);
    }
    say("Warning", "Failed", `Failed to pull image "${image}": ${error.message}`);
    throw new WaitingFault(error.reason, error.message);
  }
}
