import { ImageFault } from "../image.ts";
import type { ImageLimits } from "../limits.ts";
import { shown } from "../shown.ts";

/** What of an image's limits is used up; one for all its layers. */
export class Budget {
  readonly limits: ImageLimits;
  #bytes = 0;
  #files = 0;

  constructor(limits: ImageLimits) {
    this.limits = limits;
  }

  takeFile(): void {
    if (++this.#files > this.limits.files) throw tooMuch(`it has more than ${this.limits.files} files`);
  }

  takeBytes(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.limits.bytes) throw tooMuch(`its files are larger than ${this.limits.bytes} bytes together`);
  }

  /** Throws when a path is longer or deeper than a file system bears, or leads up. Answers its names. */
  checkPath(path: string): readonly string[] {
    const { pathBytes, nameBytes, depth } = this.limits;
    if (path.includes("\0")) throw invalidEntry(`the path ${shown(path)} has a null byte`);
    if (Buffer.byteLength(path) > pathBytes)
      throw invalidEntry(`the path ${shown(path)} is longer than ${pathBytes} bytes`);
    const names = path.split("/").filter((name) => name !== "" && name !== ".");
    if (names.includes("..")) throw invalidEntry(`the path ${shown(path)} leads out of the image with ".."`);
    if (names.length > depth) throw invalidEntry(`the path ${shown(path)} is deeper than ${depth} folders`);
    if (names.some((name) => Buffer.byteLength(name) > nameBytes))
      throw invalidEntry(`a name in the path ${shown(path)} is longer than ${nameBytes} bytes`);
    return names;
  }
}

/** An entry of a layer that no image may have. */
export function invalidEntry(why: string): ImageFault {
  return new ImageFault("ErrImagePull", `invalid layer: ${why}`);
}

function tooMuch(why: string): ImageFault {
  return new ImageFault("ErrImagePull", `the image is larger than is allowed: ${why}`);
}
