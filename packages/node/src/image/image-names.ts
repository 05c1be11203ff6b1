import { readFileSync } from "node:fs";
import { writeWhole } from "./write-whole.ts";

export interface NamedImage {
  /** `sha256:…` of the configuration. */
  readonly id: string;
  /** `REGISTRY/NAME@sha256:…`. */
  readonly repoDigest?: string;
}

/** Names of images in one file, which is written whole. */
export class ImageNames {
  readonly #path: string;
  readonly #names: Map<string, NamedImage>;
  #written: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
    this.#names = new Map(Object.entries(readNames(path)));
  }

  find(name: string): NamedImage | undefined {
    return this.#names.get(name);
  }

  namesOf(id: string): readonly string[] {
    return [...this.#names].filter(([, named]) => named.id === id).map(([name]) => name);
  }

  async add(
    id: string,
    names: readonly { readonly name: string; readonly repoDigest: string | undefined }[],
  ): Promise<void> {
    for (const { name, repoDigest } of names) {
      const named = repoDigest === undefined ? { id } : { id, repoDigest };
      this.#names.set(name, named);
      if (repoDigest !== undefined) this.#names.set(repoDigest, named);
    }
    await this.#write();
  }

  async remove(name: string): Promise<void> {
    this.#names.delete(name);
    await this.#write();
  }

  async removeAllOf(id: string): Promise<void> {
    for (const name of this.namesOf(id)) this.#names.delete(name);
    await this.#write();
  }

  /** One after the other: the file has what was said last. */
  async #write(): Promise<void> {
    const written = this.#written.then(() => writeWhole(this.#path, JSON.stringify(Object.fromEntries(this.#names))));
    this.#written = written.catch(() => {});
    await written;
  }
}

/** None where the file is not there, or is not what was written. */
function readNames(path: string): { readonly [name: string]: NamedImage } {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return {};
  }
}
