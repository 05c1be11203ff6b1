/** An image that is to be unpacked: its configuration, and its layers as files on demand. */
export interface ImageSource {
  readonly config: Uint8Array;
  readonly layers: readonly LayerSource[];
  /** `sha256:…` of the manifest or index that it was named by. */
  readonly manifestDigest?: string;
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
