import { realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { reasonOf } from "../../private-file.ts";
import { SourceError } from "../../source-error.ts";
import { FileStore } from "../file-store.ts";
import type { SecretStore } from "../secret-store.ts";
import type { FileRoot, StoreContext } from "../store-context.ts";
import type { FileSpec } from "../store-spec.ts";

const field = "spec.provider.file.folder";

/** A folder below the one that the program was given for stores: whoever makes a store shall not read the program's own files. Rejects with `SourceError`. */
export async function openFileStore({ folder }: FileSpec, { files }: StoreContext): Promise<SecretStore> {
  if (files === undefined)
    throw new SourceError("spec.provider.file: not allowed here; --file-root names the folder that such stores lie in");
  const root = await rootOf(files);
  const path = await realpath(join(root, folder)).catch((error: Error) => {
    throw new SourceError(`${field} ${folder}: ${reasonOf(error)}`, { cause: error });
  });
  if (path !== root && !path.startsWith(`${root}${sep}`))
    throw new SourceError(`${field} ${folder}: lies outside of the folder for stores`);
  return new FileStore(path);
}

async function rootOf({ folder, namespace }: FileRoot): Promise<string> {
  if (namespace !== undefined && !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(namespace))
    throw new SourceError(`namespace ${JSON.stringify(namespace)}: expected letters, digits and dashes`);
  return realpath(join(folder, namespace ?? "")).catch((error: Error) => {
    throw new SourceError(
      namespace === undefined
        ? `${folder}: ${reasonOf(error)}`
        : `spec.provider.file: there is no folder ${namespace} in the one for stores, for the namespace`,
      { cause: error },
    );
  });
}
