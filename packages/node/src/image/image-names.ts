import { readFileSync } from "node:fs";
import { writeWhole } from "./write-whole.ts";

export interface NamedImage {
  /** `sha256:…` of the configuration. */
  readonly id: string;
  /** `REGISTRY/NAME@sha256:…`. */
  readonly repoDigest?: string;
  /** Whom a registry gave it to: `anyone`, or hashes of credentials. Absent where it came by none. */
  readonly givenTo?: readonly string[];
}

/** Of those that an image was given to, so many are remembered: who is forgotten is asked for credentials once more. */
const rememberedGivings = 100;

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

  async add(names: readonly string[], named: NamedImage): Promise<void> {
    for (const name of named.repoDigest === undefined ? names : [...names, named.repoDigest])
      this.#names.set(name, withEarlierGivings(named, this.#names.get(name)));
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

/** Who was given an image once may use it later, also when somebody else has asked since. */
function withEarlierGivings(named: NamedImage, earlier: NamedImage | undefined): NamedImage {
  if (named.givenTo === undefined || earlier?.id !== named.id || earlier.givenTo === undefined) return named;
  const givenTo = [...new Set([...named.givenTo, ...earlier.givenTo])].slice(0, rememberedGivings);
  return { ...named, givenTo };
}

/** None where the file is not there, or is not what was written. */
function readNames(path: string): { readonly [name: string]: NamedImage } {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return {};
  }
}
