import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readBounded } from "../../bounded-body.ts";
import { reasonOf } from "../../errors.ts";
import { CommandFault } from "../../opa/command.ts";
import { type PolicyCatalog, parseCatalog } from "./catalog.ts";

type Environment = { readonly [name: string]: string | undefined };

/** Where gator takes its catalog from when `GATOR_CATALOG_URL` says nothing else. */
const defaultUrl = "https://raw.githubusercontent.com/open-policy-agent/gatekeeper-library/master/catalog.yaml";

/** gator's timeout of a request. */
const timeoutMs = 30_000;

/** The largest template of the library has some 30 KB, its catalog some 60. */
const maxBytes = 16 * 1024 * 1024;

/** The catalog that was fetched last, and where it came from: what its paths are beside. */
export interface StoredCatalog {
  readonly catalog: PolicyCatalog;
  readonly url: string;
}

export function catalogUrl(environment: Environment): string {
  return environment["GATOR_CATALOG_URL"] || defaultUrl;
}

/** Keeps a catalog for the commands that come. Throws `CommandFault`. */
export function storeCatalog(text: string, url: string, environment: Environment): void {
  const folder = folderOf(environment);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "catalog.yaml"), text, { mode: 0o600 });
    writeFileSync(join(folder, "catalog.source"), `${url}\n`, { mode: 0o600 });
  } catch (error) {
    throw new CommandFault(`Error: saving catalog to cache: ${folder}: ${reasonOf(error)}`);
  }
}

/** The catalog of the last update; undefined where there was none. Throws `CommandFault`. */
export function storedCatalog(environment: Environment): StoredCatalog | undefined {
  const folder = folderOf(environment);
  const read = (name: string) => {
    try {
      return readFileSync(join(folder, name), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw new CommandFault(`Error: reading cached catalog: ${join(folder, name)}: ${reasonOf(error)}`);
    }
  };
  const text = read("catalog.yaml");
  if (text === undefined) return undefined;
  return { catalog: parseCatalog(text), url: read("catalog.source")?.trim() ?? "" };
}

function folderOf(environment: Environment): string {
  const { GATOR_HOME, XDG_CONFIG_HOME, HOME } = environment;
  return GATOR_HOME || join(XDG_CONFIG_HOME || join(HOME || homedir(), ".config"), "gator");
}

/** A text of an https: or file: URL; of http: where `insecure`. Rejects with `CommandFault`. */
export async function fetchText(url: string, insecure = false): Promise<string> {
  const scheme = URL.parse(url)?.protocol ?? "";
  if (scheme === "file:") return readLocal(fileURLToPath(url));
  if (scheme === "http:" && !insecure)
    throw new CommandFault(
      "Error: plain HTTP is not allowed for security reasons; use HTTPS or set --insecure to override",
    );
  if (scheme !== "http:" && scheme !== "https:")
    throw new CommandFault(`Error: unsupported URL scheme: ${scheme.slice(0, -1)}`);
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (answer.status !== 200) throw new Error(`status ${answer.status}`);
    return new TextDecoder().decode(await readBounded(answer.body ?? [], maxBytes));
  } catch (error) {
    const { cause, message } = error as Error;
    throw new CommandFault(`Error: fetching ${url}: ${cause instanceof Error ? cause.message : message}`);
  }
}

/** What a catalog names: a URL, or a path beside the catalog, and nothing outside of its folder. Rejects with `CommandFault`. */
export async function fetchContent(path: string, catalog: string): Promise<string> {
  if (decoded(path).includes("..")) throw new CommandFault(`Error: content path contains path traversal: ${path}`);
  if (URL.canParse(path)) return fetchText(path);
  if (catalog === "") throw new CommandFault("Error: no cached catalog source found, run 'gator policy update' first");
  if (!catalog.startsWith("file:")) return fetchText(new URL(path, catalog).href);
  const folder = dirname(fileURLToPath(catalog));
  const file = resolve(folder, path);
  if (relative(folder, file).startsWith(".."))
    throw new CommandFault(`Error: content path escapes catalog directory: ${path}`);
  return readLocal(file);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function readLocal(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CommandFault(`Error: ${file}: ${reasonOf(error)}`);
  }
}
