/** An image whose file system lies unpacked on this machine. */
export interface Image {
  /** The digest of its configuration, `sha256:…`: what `imageID` is made of. */
  readonly id: string;
  /** `REGISTRY/NAME@sha256:…` of the manifest it came by; absent where it came by none. */
  readonly repoDigest?: string;
  readonly config: ImageConfig;
  /** A folder that only is read: containers write into a layer above it. Absolute, and no symlink. */
  readonly rootfs: string;
  readonly sizeBytes: number;
  /** Files and folders of this machine that its containers see at the same paths, to read only. */
  readonly machineFiles?: readonly string[];
}

/** What an image's configuration says of its containers. https://github.com/opencontainers/image-spec/blob/main/config.md */
export interface ImageConfig {
  /** `user`, `uid`, `user:group` or `uid:gid`; empty for root. */
  readonly User?: string;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir?: string;
  readonly StopSignal?: string;
  readonly Volumes?: { readonly [path: string]: object };
  readonly ExposedPorts?: { readonly [port: string]: object };
  readonly Labels?: { readonly [name: string]: string };
}

/** The images of this machine, by the names that pods give. */
export interface ImageStore {
  /** What lies here under this name; undefined when nothing does. */
  readonly find: (name: string) => Promise<Image | undefined>;
  /** Fetches it anew. Rejects with an `ImageFault`. */
  readonly pull: (name: string, options: PullOptions) => Promise<Image>;
  /**
   * Whether what lies here under a name is for who has these credentials: it came by no registry, was given to anybody, or to one of
   * them. Else it must be asked for anew: that it lies here lets nobody in.
   */
  readonly mayUse: (name: string, credentials: readonly RegistryCredential[]) => Promise<boolean>;
  /**
   * Takes a name away, and with the last one the image. Answers whether there was such a name; rejects with an `ImageFault` where a container
   * runs on the image.
   */
  readonly remove: (name: string) => Promise<boolean>;
  readonly list: () => Promise<readonly (Image & { readonly names: readonly string[] })[]>;
}

export interface PullOptions {
  /** By registry, as of a Secret of type kubernetes.io/dockerconfigjson; the first that a registry takes counts. */
  readonly credentials: readonly RegistryCredential[];
  readonly signal: AbortSignal;
}

export interface RegistryCredential {
  /** `ghcr.io`, with a path where only that part of it is meant. */
  readonly registry: string;
  readonly username: string;
  readonly password: string;
}

/** Why there is no image. The message is one line, and tells no credential. */
export class ImageFault extends Error {
  /** As kubelets name it: `InvalidImageName`, `ErrImagePull`, `RegistryUnavailable`, `ErrImageNeverPull`. */
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = "ImageFault";
    this.reason = reason;
  }
}
