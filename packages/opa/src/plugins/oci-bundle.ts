import { parseReference, Repository, type Send } from "@sallyport/oci";
import type { BundleSource } from "./bundle-source.ts";
import { askAt } from "./services/ask.ts";
import type { Service } from "./services/service.ts";

/** The layer of an artifact that is a bundle. https://www.openpolicyagent.org/docs/management-bundles#oci-registry */
const bundleType = "application/vnd.oci.image.layer.v1.tar+gzip";

/**
 * Pulls a bundle from a registry when its layer is another than the one of `etag`, the hex of its digest. The host is the service's; what
 * the resource says of it counts for nothing, as in OPA. Rejects with what OPA says.
 */
export async function pullBundle(
  { service, resource, maxBytes }: BundleSource,
  etag: string,
  agent: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly bytes: Uint8Array; readonly etag: string } | "same"> {
  const registry = service as Service;
  try {
    const { repository: name, reference } = parseReference(resource);
    const send: Send = ({ url, ...request }) => askAt(registry, url, { ...request, agent, signal });
    const repository = new Repository(new URL(registry.url).origin, name, send);
    const { layers } = await repository.manifest(await repository.resolve(reference));
    if (layers.length === 0) throw new Error("no layers in manifest");
    const layer = layers.find(({ mediaType }) => mediaType === bundleType);
    if (layer === undefined) throw new Error("no tarball descriptor found in the layers");
    const [, hex = ""] = layer.digest.split(":");
    return hex === etag ? "same" : { bytes: await repository.blob(layer, maxBytes), etag: hex };
  } catch (error) {
    throw new Error(`failed to pull ${resource}: ${(error as Error).message}`, { cause: error });
  }
}
