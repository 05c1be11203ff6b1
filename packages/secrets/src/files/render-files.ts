import { createHash } from "node:crypto";
import { SourceError } from "../source-error.ts";
import { type ExternalSecret, ExternalSecretError, type SecretData } from "../stores/external/external-secret.ts";
import { providerDataOf } from "../stores/external/provider-data.ts";
import { renderTemplate } from "../stores/external/template.ts";
import { rememberingStore } from "../stores/rate-limited-store.ts";
import type { SecretStore } from "../stores/secret-store.ts";
import { type FileEntry, pathOf } from "./file-entry.ts";

/** A file as it is to be. Its contents must never be shown. */
export interface RenderedFile {
  readonly path: string;
  readonly mode: number;
  readonly contents: Uint8Array;
}

export interface RenderedFiles {
  readonly files: readonly RenderedFile[];
  /** By the keys of the secrets that were read: another one when a value is another. */
  readonly versions: ReadonlyMap<string, string>;
}

/** What a driver and its caller send each other in one message, with room for what is around. */
export const maxFilesBytes = 3 * 1024 * 1024;

/** Reads what entries name, and makes files of it. Rejects with `SourceError` and what stores reject with; none shows a value. */
export async function renderFiles(
  what: string,
  entries: readonly FileEntry[],
  store: SecretStore,
  defaultMode: number,
): Promise<RenderedFiles> {
  const versions = new Map<string, string>();
  const watched = versionedStore(store, versions);
  const files: RenderedFile[] = [];
  for (const [i, entry] of entries.entries())
    files.push(...(await rendered(`${what}[${i}]`, entry, watched, entry.mode ?? defaultMode)));
  checkTogether(what, files);
  return { files, versions };
}

async function rendered(
  place: string,
  entry: FileEntry,
  store: SecretStore,
  mode: number,
): Promise<readonly RenderedFile[]> {
  try {
    const data = await providerDataOf(requestOf(entry), async () => store);
    if (entry.kind === "secret") return [{ path: entry.path, mode, contents: data.get(single) as Uint8Array }];
    if (entry.kind === "template")
      return [{ path: entry.path, mode, contents: Buffer.from(renderTemplate(entry.template, data)) }];
    return folderOf(entry.path, data, mode);
  } catch (error) {
    if (error instanceof ExternalSecretError) throw new SourceError(`${place}${within(entry, error.message)}`);
    throw error;
  }
}

/** The field at fault, as it stands in the entry. */
function within({ kind }: FileEntry, message: string): string {
  if (kind === "secret") return `: ${message.replace(/^spec\.data\[0\]: /, "")}`;
  return message.startsWith("spec.") ? message.replace(/^spec/, "") : `: ${message}`;
}

/** The key of the only one. */
const single = "value";

function requestOf(entry: FileEntry): ExternalSecret {
  const { data, dataFrom } =
    entry.kind === "secret" ? { data: [{ secretKey: single, remoteRef: entry.ref }], dataFrom: [] } : entry;
  const metadata = { name: entry.path, namespace: "" };
  return { metadata, spec: { secretStoreRef: { name: "store" }, data, dataFrom } };
}

function folderOf(folder: string, data: SecretData, mode: number): readonly RenderedFile[] {
  return [...data].map(([key, contents]) => ({ path: pathOf("folder", `${folder}/${key}`), mode, contents }));
}

/** Two of one path, or one that would lie in another one: neither can be written. */
function checkTogether(what: string, files: readonly RenderedFile[]): void {
  const paths = new Set<string>();
  for (const { path } of files) {
    if (paths.has(path)) throw new SourceError(`${what}: ${path} is made twice`);
    paths.add(path);
  }
  for (const path of paths) {
    const names = path.split("/");
    const above = names.map((_, i) => names.slice(0, i).join("/")).find((each) => paths.has(each));
    if (above !== undefined) throw new SourceError(`${what}: ${path} would lie in ${above}, which is a file`);
  }
  const size = files.reduce((sum, { contents }) => sum + contents.length, 0);
  if (size > maxFilesBytes)
    throw new SourceError(`${what}: the files have ${size} bytes, and at most ${maxFilesBytes} are taken`);
}

/** The same store, that tells the version of each secret that is read; each is asked for once. */
function versionedStore(store: SecretStore, versions: Map<string, string>): SecretStore {
  return rememberingStore({
    read: async (key, version) => {
      const found = await store.read(key, version);
      if (found !== undefined) versions.set(version === undefined ? key : `${key}@${version}`, found.version);
      return found;
    },
    list: (path) => store.list(path),
    close: () => store.close(),
  });
}

/** Whether two answers make the same files. */
export function filesDigest(files: readonly RenderedFile[]): string {
  const hash = createHash("sha256");
  for (const { path, mode, contents } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1)))
    hash.update(JSON.stringify([path, mode, contents.length])).update(contents);
  return hash.digest("hex");
}
