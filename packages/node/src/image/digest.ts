import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { ImageFault } from "./image.ts";

/** https://github.com/opencontainers/image-spec/blob/main/descriptor.md */
export interface BlobDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const digestPattern = /^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/;

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Of the algorithm that a digest names. */
export function hashFor(digest: string): Hash {
  return createHash(digest.startsWith("sha512:") ? "sha512" : "sha256");
}

/** Throws `ImageFault` where it is no descriptor. */
export function checkDescriptor(value: unknown, what: string): BlobDescriptor {
  const { mediaType = "", digest, size } = (value ?? {}) as Partial<BlobDescriptor>;
  if (typeof digest !== "string" || !digestPattern.test(digest))
    throw new ImageFault("ErrImagePull", `${what} has no valid digest`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw new ImageFault("ErrImagePull", `${what} has no valid size`);
  if (typeof mediaType !== "string") throw new ImageFault("ErrImagePull", `${what} has no valid media type`);
  return { mediaType, digest, size };
}

/** Rejects with `ImageFault` where a file is not what its descriptor says. */
export async function verifyFile(file: string, { digest, size }: BlobDescriptor): Promise<void> {
  const { size: found } = await stat(file);
  if (found !== size) throw new ImageFault("ErrImagePull", `the blob ${digest} has ${found} bytes, not ${size}`);
  const hash = hashFor(digest);
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  verifyHash(hash, digest);
}

/** Throws `ImageFault` where what was hashed is something else. */
export function verifyHash(hash: Hash, digest: string): void {
  const found = `${digest.slice(0, 7)}${hash.digest("hex")}`;
  if (found !== digest) throw new ImageFault("ErrImagePull", `the blob ${digest} is ${found}`);
}
