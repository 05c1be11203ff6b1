import { mkdirSync, realpathSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type BlobDescriptor, checkDescriptor, verifyFile } from "./digest.ts";
import { ImageFault } from "./image.ts";
import { type Platform, parseDocument, parseJson } from "./image-config.ts";
import { parseImageName } from "./image-name.ts";
import type { NamedSource } from "./image-source.ts";
import type { ImageLimits } from "./limits.ts";
import { parseManifest } from "./manifest.ts";
import { shown } from "./shown.ts";
import { Budget } from "./unpack/budget.ts";
import { applyLayer } from "./unpack/layer.ts";
import { openLayer } from "./unpack/layer-stream.ts";
import { RootTree, statOf } from "./unpack/root-tree.ts";

export interface ArchiveOptions {
  readonly platform: Platform;
  readonly limits: ImageLimits;
  /** A folder that is not there yet, for what an archive that is one file holds. */
  readonly scratch: string;
}

/**
 * The images of an OCI image layout, or of what `docker save` writes: a folder, or a tar archive of it, by gzip or zstd too. Rejects
 * with an `ImageFault`. https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export async function readArchive(path: string, options: ArchiveOptions): Promise<readonly NamedSource[]> {
  const tree = new RootTree(await folderOf(path, options));
  if (tree.find("oci-layout") !== undefined && tree.find("index.json") !== undefined)
    return await readLayout(tree, options);
  if (tree.find("manifest.json") !== undefined) return await readDockerArchive(tree, options);
  throw fault(`${path} is no image: it has neither oci-layout and index.json, nor manifest.json`);
}

async function folderOf(path: string, { limits, scratch }: ArchiveOptions): Promise<string> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw fault(`${path} cannot be read: ${error.code}`);
  });
  if (found.isDirectory()) return realpathSync(path);
  if (!found.isFile()) throw fault(`${path} is no image: neither a folder nor a tar archive`);
  mkdirSync(scratch, { mode: 0o700 });
  const { tar } = await openLayer(path, limits);
  const budget = new Budget({ ...limits, bytes: limits.packedBytes });
  try {
    await applyLayer(new RootTree(scratch), tar, { budget, hasOwners: false });
  } catch (error) {
    throw error instanceof ImageFault ? error : fault(`${path} is no tar archive: ${(error as Error).message}`);
  }
  return scratch;
}

async function readLayout(tree: RootTree, options: ArchiveOptions): Promise<readonly NamedSource[]> {
  const index = parseDocument(await readDocument(tree, "index.json", options.limits), "index.json");
  const manifests = Array.isArray(index["manifests"]) ? index["manifests"] : [];
  if (manifests.length === 0) throw fault("its index.json names no image");
  const sources: NamedSource[] = [];
  for (const [i, entry] of manifests.entries()) {
    const descriptor = checkDescriptor(entry, `manifest ${i} in index.json`);
    const source = await readBlobs(tree, descriptor, options);
    sources.push({ ...source, names: layoutNames(entry), manifestDigest: descriptor.digest });
  }
  return sources;
}

async function readBlobs(
  tree: RootTree,
  descriptor: BlobDescriptor,
  options: ArchiveOptions,
  depth = 0,
): Promise<Omit<NamedSource, "names">> {
  const read = parseManifest(await readBlob(tree, descriptor, options.limits), options.platform, options.limits);
  if (read.kind === "index") {
    if (depth > 2) throw fault("its index leads from index to index");
    return await readBlobs(tree, read.manifest, options, depth + 1);
  }
  const config = await readBlob(tree, read.manifest.config, options.limits);
  const layers = read.manifest.layers.map((layer) => ({
    size: layer.size,
    fetch: async () => {
      const file = fileOf(tree, blobPath(layer));
      await verifyFile(file, layer);
      return file;
    },
  }));
  return { config, layers };
}

/** What containerd and skopeo call an image of a layout; a mere tag is no name. */
function layoutNames(entry: { readonly annotations?: { readonly [name: string]: unknown } }): readonly string[] {
  const annotations = entry.annotations ?? {};
  const name = annotations["io.containerd.image.name"] ?? annotations["org.opencontainers.image.ref.name"];
  return typeof name === "string" && /[/:]/.test(name) && isName(name) ? [name] : [];
}

function isName(name: string): boolean {
  try {
    parseImageName(name);
    return true;
  } catch {
    return false;
  }
}

/** https://github.com/moby/moby/blob/master/image/spec/spec.md: the combined image JSON and file system changeset format. */
async function readDockerArchive(tree: RootTree, { limits }: ArchiveOptions): Promise<readonly NamedSource[]> {
  const images = parseJson(await readDocument(tree, "manifest.json", limits), "manifest.json");
  if (!Array.isArray(images) || images.length === 0) throw fault("its manifest.json names no image");
  return await Promise.all(images.map((image) => readDockerImage(tree, image, limits)));
}

async function readDockerImage(tree: RootTree, image: unknown, limits: ImageLimits): Promise<NamedSource> {
  const { Config: config, Layers: paths, RepoTags: tags } = (image ?? {}) as { readonly [field: string]: unknown };
  if (typeof config !== "string" || !isTexts(paths))
    throw fault("an image in manifest.json has no Config or no Layers");
  if (paths.length > limits.layers) throw fault(`it has more than ${limits.layers} layers`);
  const layers = paths.map((path) => {
    const file = fileOf(tree, path);
    return { size: statOf(file)?.size ?? 0, fetch: async () => file };
  });
  const names = isTexts(tags) ? tags.filter(isName) : [];
  return { config: await readDocument(tree, config, limits), layers, names };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

async function readBlob(tree: RootTree, descriptor: BlobDescriptor, limits: ImageLimits): Promise<Uint8Array> {
  await verifyFile(fileOf(tree, blobPath(descriptor)), descriptor);
  return await readDocument(tree, blobPath(descriptor), limits);
}

function blobPath({ digest }: BlobDescriptor): string {
  return join("blobs", ...digest.split(":"));
}

async function readDocument(tree: RootTree, path: string, { documentBytes }: ImageLimits): Promise<Uint8Array> {
  const file = fileOf(tree, path);
  const size = statOf(file)?.size ?? 0;
  if (size > documentBytes) throw fault(`${shown(path)} is larger than ${documentBytes} bytes`);
  return await readFile(file);
}

/** A regular file of the archive; no link leads out of it. */
function fileOf(tree: RootTree, path: string): string {
  const file = tree.find(path);
  if (file === undefined || !statOf(file)?.isFile()) throw fault(`the archive has no file ${shown(path)}`);
  return file;
}

function fault(message: string): ImageFault {
  return new ImageFault("ErrImagePull", message);
}
