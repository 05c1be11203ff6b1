import { readFileSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { writeWhole } from "@sallyport/files";
import { ImageFault } from "./image.ts";
import { isRunning } from "./is-running.ts";

export interface NamedImage {
  /** `sha256:…` of the configuration. */
  readonly id: string;
  /** `REGISTRY/NAME@sha256:…`. */
  readonly repoDigest?: string;
  /** Whom a registry gave it to: `anyone`, or hashes of credentials. Absent where it came by none. */
  readonly givenTo?: readonly string[];
}

type Names = Map<string, NamedImage>;

/** Of those that an image was given to, so many are remembered: who is forgotten is asked for credentials once more. */
const rememberedGivings = 100;

/** Nobody writes for longer than this. */
const lockMs = 10_000;

/** Names of images in one file, which is written whole. Several processes may change it: each sees what the others wrote. */
export class ImageNames {
  readonly #path: string;
  #names: Names = new Map();
  /** Which writing of the file was read. */
  #version = "";
  #written: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  find(name: string): NamedImage | undefined {
    return this.#read().get(name);
  }

  namesOf(id: string): readonly string[] {
    return [...this.#read()].filter(([, named]) => named.id === id).map(([name]) => name);
  }

  async add(names: readonly string[], named: NamedImage): Promise<void> {
    await this.#change((all) => {
      for (const name of named.repoDigest === undefined ? names : [...names, named.repoDigest])
        all.set(name, withEarlierGivings(named, all.get(name)));
    });
  }

  async remove(name: string): Promise<void> {
    await this.#change((all) => all.delete(name));
  }

  async removeAllOf(id: string): Promise<void> {
    await this.#change((all) => {
      for (const [name, named] of [...all]) if (named.id === id) all.delete(name);
    });
  }

  #read(): Names {
    const found = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    const version = found === undefined ? "" : `${found.ino} ${found.mtimeNs} ${found.size}`;
    if (version !== this.#version) {
      this.#names = new Map(Object.entries(readNames(this.#path)));
      this.#version = version;
    }
    return this.#names;
  }

  /** One after the other, in this process and among all: none is lost. */
  async #change(change: (names: Names) => unknown): Promise<void> {
    const written = this.#written.then(() =>
      withLock(`${this.#path}.lock`, async () => {
        const names = new Map(this.#read());
        change(names);
        await writeWhole(this.#path, JSON.stringify(Object.fromEntries(names)), 0o600);
      }),
    );
    this.#written = written.catch(() => {});
    await written;
  }
}

/** A file with the number of the process that holds it; one that runs no more holds nothing. */
async function withLock(lock: string, run: () => Promise<void>): Promise<void> {
  for (let waited = 0; !take(lock); waited += 20) {
    const holder = holderOf(lock);
    if (holder !== undefined && !isRunning(holder)) unlinkSync(lock);
    else if (waited > lockMs) throw new ImageFault("ErrImagePull", `process ${holder} holds ${lock} for too long`);
    else await delay(20);
  }
  try {
    await run();
  } finally {
    unlinkSync(lock);
  }
}

function take(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Undefined where it was let go, or is not written yet. */
function holderOf(lock: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(lock, "utf8"), 10) || undefined;
  } catch {
    return undefined;
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
