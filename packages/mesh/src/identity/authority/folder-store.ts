import { createHash } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "@sallyport/files";
import {
  type AuthorityFile,
  type AuthorityTexts,
  authorityFiles,
  authorityOfTexts,
  textsOfAuthority,
} from "./authority-files.ts";
import { AuthorityError } from "./authority-state.ts";
import { AuthorityChanged, type AuthorityStore } from "./authority-store.ts";

/**
 * What several files become together: written first, so that whenever the machine stops they are the old ones or the new ones. It has the key
 * as they have, and is gone when they are there.
 */
const journal = "authority.json.pending";

/** An authority in files of a folder, of one program at a time. */
export function folderStore(folder: string): AuthorityStore {
  const read = async () => {
    const texts = await textsIn(folder);
    if (texts === undefined) return undefined;
    return { state: authorityOfTexts(texts), version: versionOf(texts) };
  };
  return {
    place: folder,
    read,
    write: async (state, before) => {
      if ((await read())?.version !== before?.version) throw new AuthorityChanged(folder);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const texts = textsOfAuthority(state);
      await writeFile(join(folder, journal), JSON.stringify(texts));
      await applyTexts(folder, texts);
    },
  };
}

/** Undefined where no file is there. */
async function textsIn(folder: string): Promise<AuthorityTexts | undefined> {
  const pending = await textOf(join(folder, journal));
  if (pending !== undefined) {
    const texts = JSON.parse(pending) as AuthorityTexts;
    await applyTexts(folder, texts);
    return texts;
  }
  const entries: [AuthorityFile, string][] = [];
  for (const name of authorityFiles) {
    const text = await textOf(join(folder, name));
    if (text !== undefined) entries.push([name, text]);
  }
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as AuthorityTexts);
}

async function applyTexts(folder: string, texts: AuthorityTexts): Promise<void> {
  for (const name of authorityFiles) {
    const text = texts[name];
    if (text === undefined) await rm(join(folder, name), { force: true });
    else await writeFile(join(folder, name), text);
  }
  await rm(join(folder, journal), { force: true });
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new AuthorityError(`${path}: ${code === "EACCES" ? "permission denied" : message}`, { cause: error });
  }
}

/** Whole or not at all; for its owner alone. */
async function writeFile(path: string, text: string): Promise<void> {
  try {
    await writeWhole(path, text, 0o600);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new AuthorityError(`${path}: ${code === "EACCES" ? "permission denied" : message}`, { cause: error });
  }
}

function versionOf(texts: AuthorityTexts): string {
  return createHash("sha256")
    .update(JSON.stringify(authorityFiles.map((name) => texts[name])))
    .digest("hex");
}
