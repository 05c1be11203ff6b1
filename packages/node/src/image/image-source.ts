import type { PullOptions, RegistryCredential } from "./image.ts";
import type { Platform } from "./image-config.ts";
import type { ImageName } from "./image-name.ts";
import type { ImageLimits } from "./limits.ts";

/** An image that is to be unpacked: its configuration, and its layers as files on demand. */
export interface ImageSource {
  readonly config: Uint8Array;
  readonly layers: readonly LayerSource[];
  /** `sha256:…` of the manifest or index that it was named by. */
  readonly manifestDigest?: string;
  /** Whom the registry gave it to. Absent where it came by none. */
  readonly givenTo?: RegistryCredential | "anyone";
}

export interface LayerSource {
  /** As it is sent. */
  readonly size: number;
  /** The file that has it, held against what was promised of it. Rejects with an `ImageFault`. */
  readonly fetch: () => Promise<string>;
}

/** An image of an archive, with the names that it has there. */
export interface NamedSource extends ImageSource {
  readonly names: readonly string[];
}

/** Finds an image by its name. */
export interface Registry {
  /** What is fetched lies in `scratch`, a folder that is the store's to remove; nothing is written there anymore afterwards. Rejects with an `ImageFault`. */
  readonly resolve: (name: ImageName, options: RegistryOptions) => Promise<ImageSource>;
}

export interface RegistryOptions extends PullOptions {
  readonly scratch: string;
  readonly platform: Platform;
  readonly limits: ImageLimits;
  /** Whether the image of a configuration of this digest is unpacked already: its layers are not asked for then. */
  readonly isHere: (id: string) => boolean;
}
