import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { packTar, unpackTar } from "modern-tar";
import type { BundleFile } from "./bundle.ts";
import { BundleError } from "./bundle-error.ts";

/** OPA's default limit for one file of a bundle; here it bounds the whole, so that a small archive cannot fill the memory. */
export const maxBundleBytes = 1024 ** 3;

/** RFC 1952, section 2.3. */
const gzipHeaderBytes = 10;

/** The files of a gzipped tar archive, in its order, without leading slashes and dots. Throws `BundleError`. */
export async function unpackTarball(bytes: Uint8Array, limit = maxBundleBytes): Promise<readonly BundleFile[]> {
  const tar = await inflate(bytes, limit);
  try {
    const entries = await unpackTar(tar, { strict: true });
    return entries
      .filter(({ header }) => header.type === "file" || header.type === undefined)
      .map(({ header, data }) => ({ path: cleanName(header.name), bytes: data ?? new Uint8Array() }));
  } catch (error) {
    throw archiveFault((error as Error).message);
  }
}

async function inflate(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  if (bytes.length < gzipHeaderBytes) throw archiveFault(bytes.length === 0 ? "EOF" : "unexpected EOF");
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) throw archiveFault("gzip: invalid header");
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw new BundleError(`bundle exceeded max size (${limit} bytes)`);
    throw archiveFault("unexpected EOF");
  }
}

function archiveFault(why: string): BundleError {
  return new BundleError(`bundle read failed: archive read failed: ${why}`);
}

function cleanName(name: string): string {
  return name.replace(/^(?:\.?\/+)+/, "");
}

/** A gzipped tar archive as OPA writes it: names with a leading slash, no times and owners, so that the same files give the same bytes. */
export async function packTarball(files: readonly BundleFile[]): Promise<Uint8Array> {
  const entries = files.map(({ path, bytes }) => ({
    header: {
      name: `/${path}`,
      size: bytes.length,
      type: "file" as const,
      mode: 0o600,
      mtime: new Date(0),
      uid: 0,
      gid: 0,
    },
    body: bytes,
  }));
  return promisify(gzip)(await packTar(entries));
}
