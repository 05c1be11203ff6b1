import { realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { reasonOf } from "../../private-file.ts";
import { SourceError } from "../../source-error.ts";
import { FileStore } from "../file-store.ts";
import type { SecretStore } from "../secret-store.ts";
import type { StoreContext } from "../store-context.ts";
import type { FileSpec } from "../store-spec.ts";

const field = "spec.provider.file.folder";

/** A folder below the one that the program was given for stores: whoever makes a store shall not read the program's own files. Rejects with `SourceError`. */
export async function openFileStore({ folder }: FileSpec, { fileRoot }: StoreContext): Promise<SecretStore> {
  if (fileRoot === undefined)
    throw new SourceError("spec.provider.file: not allowed here; --file-root names the folder that such stores lie in");
  const root = await realpath(fileRoot).catch((error: Error) => {
    throw new SourceError(`${fileRoot}: ${reasonOf(error)}`, { cause: error });
  });
  const path = await realpath(join(root, folder)).catch((error: Error) => {
    throw new SourceError(`${field} ${folder}: ${reasonOf(error)}`, { cause: error });
  });
  if (path !== root && !path.startsWith(`${root}${sep}`))
    throw new SourceError(`${field} ${folder}: lies outside of the folder for stores`);
  return new FileStore(path);
}
