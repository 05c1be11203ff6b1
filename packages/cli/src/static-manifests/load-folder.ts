import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { KubeObject } from "@sallyport/kube";
import { reasonOf } from "../errors.ts";
import { InputError, parseManifests } from "../manifests.ts";
import { checkFileRules, type Placed, staticObject } from "./static-object.ts";

const extensions = /\.(ya?ml|json)$/i;

/** What a folder holds. */
export interface FolderContent {
  /** Changes with any file; empty where no file says anything. */
  readonly hash: string;
  /** By kind, each by name. */
  readonly objects: ReadonlyMap<string, readonly KubeObject[]>;
}

/** Webhooks or policies of a folder, for a plugin. Throws `InputError`, in kube-apiserver's words. */
export function loadFolder(plugin: string, path: string): FolderContent {
  const { files, hash } = readFolder(path);
  try {
    const placed = files.flatMap(({ file, text }) =>
      within(file, () =>
        parseManifests(file, text).map(({ value }) => ({ file, object: staticObject(plugin, value) })),
      ),
    );
    checkFileRules(placed);
    return { hash, objects: byKind(placed) };
  } catch (error) {
    const what = plugin.endsWith("Policy") ? "policy" : "webhook";
    const prefix = `failed to load static ${what} manifests from ${JSON.stringify(path)}`;
    throw error instanceof InputError ? new InputError(`${prefix}: ${error.message}`) : error;
  }
}

/** The files right in the folder, by name. */
function readFolder(path: string): {
  readonly files: readonly { readonly file: string; readonly text: string }[];
  readonly hash: string;
} {
  const fault = (why: string) => new InputError(`staticManifestsDir: Invalid value: ${JSON.stringify(path)}: ${why}`);
  if (!isAbsolute(path)) throw fault("must be an absolute file path");
  try {
    if (!statSync(path).isDirectory()) throw fault("must be a directory");
    const files = readdirSync(path, { withFileTypes: true })
      .filter((each) => !each.isDirectory() && extensions.test(each.name))
      .map(({ name }) => join(path, name))
      .sort()
      .map((file) => ({ file, text: readFileSync(file, "utf8") }))
      .filter(({ text }) => text !== "");
    const hash = createHash("sha256");
    for (const { text } of files) hash.update(text).update("\0");
    return { files, hash: files.length === 0 ? "" : `sha256:${hash.digest("hex")}` };
  } catch (error) {
    throw error instanceof InputError ? error : fault(`unable to read: ${reasonOf(error)}`);
  }
}

function within<Value>(file: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw error instanceof InputError ? new InputError(`error loading ${file}: ${error.message}`) : error;
  }
}

function byKind(placed: readonly Placed[]): ReadonlyMap<string, readonly KubeObject[]> {
  const sorted = placed
    .map(({ object }) => object)
    .sort((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1));
  return Map.groupBy(sorted, ({ kind }) => kind);
}
