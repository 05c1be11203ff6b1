/** What an image may take of this machine. */
export interface ImageLimits {
  /** Layers of one image. */
  readonly layers: number;
  /** Bytes of one image's layers as they are sent, all together. */
  readonly packedBytes: number;
  /** Bytes of one image's files, all together, those that a later layer removes too. */
  readonly bytes: number;
  /** Files, directories and links of one image, all together. */
  readonly files: number;
  /** How many times larger than what was sent a layer may become, once it is beyond `freeBytes`. */
  readonly ratio: number;
  readonly freeBytes: number;
  /** Bytes of a path, and of one name in it. */
  readonly pathBytes: number;
  readonly nameBytes: number;
  /** Names in a path. */
  readonly depth: number;
  /** Bytes of a manifest, an index or a configuration. */
  readonly documentBytes: number;
}

export const imageLimits: ImageLimits = {
  // What overlayfs mounts of docker bear is 128.
  layers: 256,
  // The largest images in use, of models, are of tens of gigabytes.
  packedBytes: 32 * 1024 ** 3,
  bytes: 64 * 1024 ** 3,
  // Images of whole desktops have about half a million.
  files: 2_000_000,
  // Text shrinks to a tenth; deflate cannot go beyond a thousandth, zstd can.
  ratio: 200,
  freeBytes: 256 * 1024 ** 2,
  // Linux' own: PATH_MAX and NAME_MAX.
  pathBytes: 4095,
  nameBytes: 255,
  depth: 256,
  // Registries refuse manifests over 4 MiB.
  documentBytes: 4 * 1024 ** 2,
};
