import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { reasonOf } from "../private-file.ts";
import { SourceError } from "../source-error.ts";
import { maxListed, type SecretStore, type StoredSecret } from "./secret-store.ts";

/** As large as the largest secret of the other stores, and more than Kubernetes takes. */
const maxBytes = 1024 * 1024;

/** A folder whose files are secrets, named by their paths in it; its version is when it was written. What links out of it is not there. */
export class FileStore implements SecretStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(key: string, version: string | undefined): Promise<StoredSecret | undefined> {
    if (version !== undefined) throw new SourceError(`version ${version} of ${key}: files have no versions`);
    const path = await this.#pathOf(key);
    if (path === undefined) return undefined;
    const found = await stat(path, { bigint: true });
    if (!found.isFile()) return undefined;
    if (found.size > maxBytes) throw new SourceError(`${key}: larger than ${maxBytes} bytes`);
    const value = await readFile(path).catch((error: Error) => {
      throw new SourceError(`${key}: ${reasonOf(error)}`, { cause: error });
    });
    // A hash of what few could be would tell it.
    return { value, version: `${found.ino.toString(36)}-${found.mtimeNs.toString(36)}` };
  }

  async list(path: string): Promise<readonly string[]> {
    const root = await this.#root();
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const files = entries.filter((each) => each.isFile() || each.isSymbolicLink());
    const keys = files.map(({ parentPath, name }) => relative(root, join(parentPath, name)).split(sep).join("/"));
    const found = keys.filter((each) => each.startsWith(path));
    if (found.length > maxListed) throw new SourceError(`more than ${maxListed} files below ${path}; name a path`);
    return found.sort();
  }

  async #root(): Promise<string> {
    return realpath(this.#folder).catch((error: Error) => {
      throw new SourceError(`${this.#folder}: ${reasonOf(error)}`, { cause: error });
    });
  }

  /** Where the key lies, links followed: nothing outside of the folder is ever read. */
  async #pathOf(key: string): Promise<string | undefined> {
    const root = await this.#root();
    const path = await realpath(join(root, key)).catch(() => undefined);
    return path?.startsWith(`${root}${sep}`) === true ? path : undefined;
  }

  close(): void {}
}
