import { lstatSync, readdirSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import {
  type Bundle,
  BundleError,
  type BundleFile,
  readBundle,
  unpackTarball,
  type VerificationConfig,
} from "@sallyport/opa";
import type { ParseTimer } from "@sallyport/opa/answers";
import { type Capabilities, RegoError, type RegoVersion } from "@sallyport/rego";
import { parserPart } from "./capabilities.ts";
import { errorEntries, errorsText } from "./errors-text.ts";
import { isIgnored } from "./ignore.ts";
import { cleanPath, splitPrefix } from "./load.ts";
import { LoadError, readBytes, systemFault } from "./read-data.ts";

export interface ReadBundleOptions {
  readonly regoVersion: RegoVersion;
  /** Patterns of names of files and folders of a bundle's folder that are left out. */
  readonly ignore?: readonly string[];
  readonly followSymlinks?: boolean;
  /** What positions in modules begin with; default the path. */
  readonly name?: string;
  /** What modules may be written with; default what their version of Rego offers. */
  readonly capabilities?: Capabilities;
  /** How to verify signatures; without it they are not looked at. */
  readonly verification?: VerificationConfig;
  /** Runs what is parsed. */
  readonly timed?: ParseTimer;
}

/** What of a bundle is read before it is understood. */
export interface BundleSource {
  /** The path as it was given, cleaned. */
  readonly path: string;
  readonly files: readonly BundleFile[];
  readonly isFolder: boolean;
}

/** The files of a bundle: of a folder in the order of their paths, of an archive in its own. Throws `LoadError` and `BundleError`. */
export async function readBundleSource(
  given: string,
  { ignore = [], followSymlinks = false }: Partial<ReadBundleOptions> = {},
): Promise<BundleSource> {
  const { path } = splitPrefix(given);
  const stats = statsOf(path);
  if (!stats.isDirectory())
    return { path: cleanPath(path), files: await unpackTarball(readBytes(path)), isFolder: false };
  const names = namesBelow(path, "", ignore, followSymlinks);
  const files = names.map((name) => ({ path: name, bytes: readBytes(join(path, name)) }));
  return { path: cleanPath(path), files, isFolder: true };
}

/** Reads the bundle in a folder or a tar archive. Throws `LoadError` and `BundleError`. */
export async function readBundlePath(given: string, options: ReadBundleOptions): Promise<Bundle> {
  const source = await readBundleSource(given, options);
  const { regoVersion, verification, capabilities, timed } = options;
  const { name = source.path === "." ? "" : source.path } = options;
  try {
    return readBundle(source.files, {
      name,
      regoVersion,
      ...parserPart(capabilities),
      signedPrefix: signedPrefix(source),
      ...(verification !== undefined && { verification }),
      ...(timed !== undefined && { timed }),
    });
  } catch (error) {
    if (error instanceof RegoError) throw new BundleError(moduleFaults(error, source, name));
    throw error;
  }
}

/** Faults of syntax, with the lines they are in. */
function moduleFaults(error: RegoError, { files }: BundleSource, name: string): string {
  const modules = files.filter(({ path }) => path.endsWith(".rego"));
  const texts = modules.map(({ path, bytes }) => [join(name, path), new TextDecoder().decode(bytes)] as const);
  return errorsText(errorEntries(error, new Map(texts)) ?? []).trimEnd();
}

/** Why a bundle could not be read, as OPA words it. What is no fault of the bundle is thrown again. */
export function bundleFaultText(name: string, error: unknown): string {
  if (error instanceof LoadError) return error.message;
  if (error instanceof BundleError) return `bundle ${name}: ${error.message}`;
  throw error;
}

/** OPA names the files of a folder by their whole path when it signs and verifies them, those of an archive by their place in it. */
export function signedPrefix({ path, isFolder }: BundleSource): string {
  return isFolder && path !== "." ? `${path}/` : "";
}

/** True for a bundle that lies in a folder. Throws `LoadError`. */
export function isFolder(given: string): boolean {
  return statsOf(splitPrefix(given).path).isDirectory();
}

function statsOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw new LoadError(`error reading ${JSON.stringify(path)}: ${systemFault("stat", path, error).message}`);
  }
}

/** Deeper folders are taken for a loop of links. */
const maxDepth = 256;

function namesBelow(root: string, below: string, ignore: readonly string[], followSymlinks: boolean): string[] {
  if (below.split("/").length > maxDepth) throw new LoadError(`${join(root, below)}: folders nested too deeply`);
  const names: string[] = [];
  for (const name of readdirSync(join(root, below)).sort()) {
    const path = below === "" ? name : `${below}/${name}`;
    const full = join(root, path);
    if (isIgnored(full, ignore)) continue;
    const stats = followSymlinks ? statsOf(full) : lstatSync(full);
    if (stats.isDirectory()) names.push(...namesBelow(root, path, ignore, followSymlinks));
    else if (stats.isFile() || (stats.isSymbolicLink() && statsOf(full).isFile())) names.push(path);
  }
  return names;
}
