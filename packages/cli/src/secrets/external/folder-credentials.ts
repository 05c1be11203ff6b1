import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SourceError, type StoreCredentials } from "@sallyport/secrets/stores";
import { reasonOf } from "../../errors.ts";

export interface FolderCredentialsOptions {
  /** Folders named as Secrets, with files named as their keys: as they are mounted into a pod. */
  readonly folder: string | undefined;
  /** The service account's token, kept current by the kubelet. */
  readonly tokenFile: string;
  /** What annotations of the account would say. */
  readonly annotations: { readonly [name: string]: string };
}

/** Credentials of a pod: Secrets that are mounted into it, and the token of its account. */
export function folderCredentials({ folder, tokenFile, annotations }: FolderCredentialsOptions): StoreCredentials {
  const read = async (name: string, key: string): Promise<string> => {
    if (folder === undefined)
      throw new SourceError("--credentials: needed, the folder that the store's Secrets are mounted in");
    if ([name, key].some((each) => each === "" || each.startsWith("..") || each.includes("/")))
      throw new SourceError("a reference to a Secret: name and key are needed");
    return textOf(join(folder, name, key));
  };
  return {
    secret: ({ name = "", key = "" }) => read(name, key),
    certificates: ({ name, key = "ca.crt" }) => read(name, key),
    accountToken: () => textOf(tokenFile),
    accountAnnotations: async () => annotations,
  };
}

async function textOf(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw new SourceError(`${path}: ${reasonOf(error)}`);
  });
  if (text.trim() === "") throw new SourceError(`${path}: the file is empty`);
  return text.replace(/\r?\n$/, "");
}
