import { type FileHandle, open } from "node:fs/promises";
import { SourceError } from "./source-error.ts";

/** Keys, tokens and passphrases are far smaller; something else would only fill memory. */
const maxBytes = 1024 * 1024;

/** Whether others may do anything, or a group may write: what is mounted for a pod's group it may read. */
const tooOpen = 0o027;

/** A file that only its owner, and whom he lets read it, may see. Rejects with `SourceError`. */
export async function readPrivateFile(path: string): Promise<Buffer> {
  const file = await open(path, "r").catch((error: Error) => {
    throw new SourceError(`${path}: ${reasonOf(error)}`, { cause: error });
  });
  try {
    await check(path, file);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** What a person would write into such a file: a line break at its end is none of it. Rejects with `SourceError`. */
export async function readPrivateText(path: string): Promise<string> {
  const text = (await readPrivateFile(path)).toString("utf8").replace(/\r?\n$/, "");
  if (text === "") throw new SourceError(`${path}: the file is empty`);
  return text;
}

/** A credential: the file that holds it, or what knows it. */
export type Credential = string | (() => Promise<string>);

/** Of a file as `readPrivateText`. Rejects with `SourceError`, or as its source does. */
export async function readCredential(credential: Credential): Promise<string> {
  return typeof credential === "string" ? readPrivateText(credential) : credential();
}

async function check(path: string, file: FileHandle): Promise<void> {
  const stat = await file.stat();
  if (!stat.isFile()) throw new SourceError(`${path}: expected a file`);
  if (stat.size > maxBytes) throw new SourceError(`${path}: larger than ${maxBytes} bytes`);
  if ((stat.mode & tooOpen) !== 0)
    throw new SourceError(
      `${path}: its mode is 0${(stat.mode & 0o777).toString(8)}, others can get at it; chmod 600 ${path}`,
    );
}

/** The usual faults of a file system in a person's words. */
export function reasonOf(error: Error): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
      return "no such file or directory";
    case "EACCES":
      return "permission denied";
    case "EISDIR":
      return "is a directory";
    default:
      return error.message;
  }
}
