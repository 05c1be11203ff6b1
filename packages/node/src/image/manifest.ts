import { type BlobDescriptor, checkDescriptor } from "./digest.ts";
import { ImageFault } from "./image.ts";
import { type Platform, parseDocument } from "./image-config.ts";
import type { ImageLimits } from "./limits.ts";
import { shown } from "./shown.ts";

/** https://github.com/opencontainers/image-spec/blob/main/manifest.md */
export interface ImageManifest {
  readonly config: BlobDescriptor;
  readonly layers: readonly BlobDescriptor[];
}

/** A manifest, or the one of an index that is for this machine. */
export type ManifestOrIndex =
  | { readonly kind: "manifest"; readonly manifest: ImageManifest }
  | { readonly kind: "index"; readonly manifest: BlobDescriptor };

const configTypes = ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];
const layerTypes =
  /^application\/vnd\.(?:oci\.image\.layer(?:\.nondistributable)?\.v1\.tar(?:\+gzip|\+zstd)?|docker\.image\.rootfs\.(?:foreign\.)?diff\.tar(?:\.gzip|\.zstd)?)$/;

/** Throws `ImageFault` where it is neither, or has nothing for this machine. */
export function parseManifest(bytes: Uint8Array, platform: Platform, limits: ImageLimits): ManifestOrIndex {
  const read = parseDocument(bytes, "the manifest");
  if (read["schemaVersion"] !== 2)
    throw invalidManifest("schemaVersion must be 2: manifests of an older kind are not read");
  if (Array.isArray(read["manifests"])) return { kind: "index", manifest: ofPlatform(read["manifests"], platform) };
  if (!Array.isArray(read["layers"])) throw invalidManifest("it has no layers");
  if (read["layers"].length > limits.layers) throw invalidManifest(`it has more than ${limits.layers} layers`);
  const config = checkDescriptor(read["config"], "the configuration in the manifest");
  if (!configTypes.includes(config.mediaType))
    throw invalidManifest(`it is of no container image: its configuration is ${shown(config.mediaType)}`);
  const layers = read["layers"].map((layer, i) => checkDescriptor(layer, `layer ${i} in the manifest`));
  const strange = layers.find(({ mediaType }) => !layerTypes.test(mediaType));
  if (strange !== undefined)
    throw invalidManifest(`its layer ${strange.digest} is of the unknown kind ${shown(strange.mediaType)}`);
  if (layers.reduce((sum, { size }) => sum + size, 0) > limits.packedBytes)
    throw invalidManifest(`its layers are larger than ${limits.packedBytes} bytes together`);
  return { kind: "manifest", manifest: { config, layers } };
}

function ofPlatform(manifests: readonly unknown[], platform: Platform): BlobDescriptor {
  const found = manifests.find((entry) =>
    isFor((entry as { readonly platform?: Partial<Platform> } | null)?.platform, platform),
  );
  if (found !== undefined) return checkDescriptor(found, "the manifest in the index");
  const [only] = manifests;
  // A layout with one image often does not say which machine it is for; its configuration does.
  if (manifests.length === 1 && (only as { readonly platform?: unknown } | null)?.platform === undefined)
    return checkDescriptor(only, "the manifest in the index");
  const wanted = `${platform.os}/${platform.architecture}`;
  throw invalidManifest(`no match for platform ${wanted} in its index`);
}

function isFor(found: Partial<Platform> | undefined, wanted: Platform): boolean {
  return found?.os === wanted.os && found.architecture === wanted.architecture;
}

function invalidManifest(why: string): ImageFault {
  return new ImageFault("ErrImagePull", `invalid manifest: ${why}`);
}
