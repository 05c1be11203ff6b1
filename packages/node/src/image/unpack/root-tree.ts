import { chmodSync, lstatSync, mkdirSync, readlinkSync, rmSync, type Stats } from "node:fs";
import { join } from "node:path";
import { ImageFault } from "../image.ts";

/** Linux follows no more symlinks than these in one path: ELOOP. */
const symlinkLimit = 40;

/**
 * Paths of an image's file system on this machine's. Symlinks on the way are followed as a container would, whose root it is: none
 * leads out. Nobody else may write into it meanwhile.
 */
export class RootTree {
  readonly root: string;
  /** Folders that are known to be real ones, by their path in the image. */
  readonly #real = new Map<string, string>();

  /** `root` is an absolute path without symlinks. */
  constructor(root: string) {
    this.root = root;
  }

  /** Where an entry lies whose parents are followed and itself is not. Parents that are missing are made when asked. */
  place(path: string, options: { readonly make: boolean }): string {
    const names = namesOf(path);
    const last = names.pop();
    if (last === undefined) return this.root;
    return join(this.#folder(names, options.make), last);
  }

  /** Where a path leads with its last name followed too; undefined when nothing is there, or it leads nowhere. */
  find(path: string): string | undefined {
    try {
      return join(this.root, ...this.#walk(namesOf(path), false, true));
    } catch (error) {
      if (error instanceof ImageFault) return undefined;
      throw error;
    }
  }

  /** Removes what lies at a place, and all below it. */
  remove(place: string): void {
    this.#real.clear();
    rmSync(place, { recursive: true, force: true });
  }

  /** Forgets which folders are real ones, after a symlink was made. */
  forget(): void {
    this.#real.clear();
  }

  #folder(names: readonly string[], make: boolean): string {
    const path = names.join("/");
    const known = this.#real.get(path);
    if (known !== undefined) return known;
    const place = join(this.root, ...this.#walk(names, make, false));
    this.#real.set(path, place);
    return place;
  }

  /** The names of the real path. */
  #walk(names: readonly string[], make: boolean, isLastFollowed: boolean): readonly string[] {
    const left = [...names].reverse();
    const real: string[] = [];
    let followed = 0;
    while (left.length > 0) {
      const name = left.pop() as string;
      if (name === "..") {
        real.pop();
        continue;
      }
      const place = join(this.root, ...real, name);
      const found = statOf(place);
      if (found?.isSymbolicLink()) {
        if (++followed > symlinkLimit) throw leadsNowhere(names, "too many levels of symbolic links");
        const target = readlinkSync(place);
        if (target.startsWith("/")) real.length = 0;
        left.push(...namesOf(target).reverse());
        continue;
      }
      if (found === undefined && make) {
        mkdirSync(place);
        chmodSync(place, 0o755);
      } else if (found === undefined) throw leadsNowhere(names, "no such file or directory");
      else if (!found.isDirectory() && (left.length > 0 || !isLastFollowed))
        throw leadsNowhere(names, "not a directory");
      real.push(name);
    }
    return real;
  }
}

/** Without empty names and dots. */
function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

export function statOf(place: string): Stats | undefined {
  return lstatSync(place, { throwIfNoEntry: false });
}

function leadsNowhere(names: readonly string[], why: string): ImageFault {
  return new ImageFault("ErrImagePull", `${JSON.stringify(names.join("/"))}: ${why}`);
}
