import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { packTar, type TarHeader } from "modern-tar";

/** A folder that is gone after the test. */
export function temporaryFolder(t: Pick<TestContext, "after">): string {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-image-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An entry of a layer: `a/b` a file with its own path as content, `a/` a folder, `a -> b` a symlink, `a => b` a hard link; or its header. */
export type Entry = string | (Partial<TarHeader> & { readonly name: string; readonly body?: Uint8Array });

export async function tarOf(entries: readonly Entry[]): Promise<Uint8Array> {
  return await packTar(
    entries.map((entry) => {
      const { body = new Uint8Array(), ...header } = typeof entry === "string" ? read(entry) : entry;
      return { header: { mtime: new Date(1e12), size: body.length, ...header }, body };
    }),
  );
}

function read(entry: string): Exclude<Entry, string> {
  const [, name = "", arrow, target = ""] = /^(.*?)(?: (->|=>) (.*))?$/s.exec(entry) ?? [];
  if (arrow === "->") return { name, type: "symlink", linkname: target };
  if (arrow === "=>") return { name, type: "link", linkname: target };
  if (name.endsWith("/")) return { name, type: "directory", mode: 0o755 };
  return { name, type: "file", mode: 0o644, body: Buffer.from(name) };
}

export const digestOfBytes = (bytes: Uint8Array): string =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

export const platform = { os: "linux", architecture: "amd64" };

/** How layers are sent. */
export type Packing = "tar" | "gzip" | "zstd";
const packings = {
  tar: (bytes: Uint8Array): Uint8Array => bytes,
  gzip: (bytes: Uint8Array): Uint8Array => gzipSync(bytes),
  zstd: (bytes: Uint8Array): Uint8Array => zstdCompressSync(bytes),
};
const suffixes = { tar: "", gzip: "+gzip", zstd: "+zstd" };

export interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Uint8Array;
}

export interface MadeImage {
  readonly manifest: Blob;
  readonly config: Blob;
  readonly layers: readonly Blob[];
  readonly blobs: readonly Blob[];
}

export function blobOf(mediaType: string, content: Uint8Array | object): Blob {
  const bytes = content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content));
  return { mediaType, digest: digestOfBytes(bytes), bytes };
}

export const descriptorOf = ({ mediaType, digest, bytes }: Blob): object => ({
  mediaType,
  digest,
  size: bytes.length,
});

/** An image of these layers. */
export async function makeImage(
  layers: readonly (readonly Entry[])[],
  { packing = "gzip", config = {}, document = {} }: { packing?: Packing; config?: object; document?: object } = {},
): Promise<MadeImage> {
  const tars = await Promise.all(layers.map(tarOf));
  const made = tars.map((tar) =>
    blobOf(`application/vnd.oci.image.layer.v1.tar${suffixes[packing]}`, packings[packing](tar)),
  );
  const rootfs = { type: "layers", diff_ids: tars.map(digestOfBytes) };
  const configuration = blobOf("application/vnd.oci.image.config.v1+json", {
    ...platform,
    config,
    rootfs,
    ...document,
  });
  const manifest = blobOf("application/vnd.oci.image.manifest.v1+json", {
    schemaVersion: 2,
    config: descriptorOf(configuration),
    layers: made.map(descriptorOf),
  });
  return { manifest, config: configuration, layers: made, blobs: [manifest, configuration, ...made] };
}

/** Writes an OCI image layout into a folder, and answers that. */
export function writeLayout(folder: string, { manifest, blobs }: MadeImage, name = "example.org/app:1"): string {
  mkdirSync(join(folder, "blobs", "sha256"), { recursive: true });
  for (const { digest, bytes } of blobs) writeFileSync(join(folder, "blobs", ...digest.split(":")), bytes);
  writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  const annotations = { "org.opencontainers.image.ref.name": name };
  writeFileSync(
    join(folder, "index.json"),
    JSON.stringify({ manifests: [{ ...descriptorOf(manifest), annotations }] }),
  );
  return folder;
}

/** What `docker save` writes, as one file. */
export async function dockerArchive(
  layers: readonly (readonly Entry[])[],
  names: readonly string[],
): Promise<Uint8Array> {
  const { config, layers: tars } = await makeImage(layers, { packing: "tar" });
  const file = (name: string, body: Uint8Array) => ({ name, type: "file" as const, mode: 0o644, body });
  const manifest = [{ Config: "config.json", RepoTags: names, Layers: tars.map((_, i) => `${i}/layer.tar`) }];
  return await tarOf([
    file("config.json", config.bytes),
    ...tars.map(({ bytes }, i) => file(`${i}/layer.tar`, bytes)),
    file("manifest.json", Buffer.from(JSON.stringify(manifest))),
  ]);
}
