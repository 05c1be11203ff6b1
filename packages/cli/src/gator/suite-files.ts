import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { isSuite, readSuite, type SuiteFiles } from "@sallyport/constraints";
import { parseYamlDocuments } from "@sallyport/kube";
import { reasonOf } from "../errors.ts";
import { CommandFault } from "../opa/command.ts";

type Fields = { readonly [field: string]: unknown };

/** Files of the disk, each read once: the cases of a suite share most of theirs. */
export function diskFiles(): SuiteFiles {
  const known = new Map<string, readonly Fields[]>();
  return {
    documents: (path) => {
      const found = known.get(path) ?? readDocuments(path);
      known.set(path, found);
      return found;
    },
  };
}

/** Throws an error of one line. */
export function readDocuments(path: string): readonly Fields[] {
  return parseYamlDocuments(readText(path)).documents.flatMap((document) => {
    const fault = document.errors[0];
    if (fault !== undefined) throw new Error(`invalid yaml: ${path}: ${fault.message.split("\n")[0]}`);
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (value === null || value === undefined) return [];
    if (typeof value !== "object" || Array.isArray(value)) throw new Error(`invalid yaml: ${path}: not an object`);
    return [value as Fields];
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`open ${path}: ${reasonOf(error)}`);
  }
}

/** A suite, and the file that it stands in: as it was asked for, and whole. */
export interface FoundSuite {
  readonly path: string;
  readonly file: string;
  readonly suite: ReturnType<typeof readSuite>;
}

/**
 * The suites of a file, of a folder, or with `/...` behind it of all folders in it. A folder without suites of its own is looked through
 * as with `/...`, where gator would pass without having run a test. Throws `CommandFault`.
 */
export function findSuites(target: string): readonly FoundSuite[] {
  try {
    return filesOf(target).flatMap(readSuites);
  } catch (error) {
    throw new CommandFault(`Error: listing test files: ${(error as Error).message}`);
  }
}

const yaml = /\.ya?ml$/;

function filesOf(target: string): readonly string[] {
  const isDeep = target.endsWith("/...");
  const path = isDeep ? target.slice(0, -4) || "/" : target;
  const isFolder = stat(path).isDirectory();
  if (!isFolder && isDeep)
    throw new Error(`can only recursively traverse directories, not a directory: ${JSON.stringify(path)}`);
  if (!isFolder) {
    if (!yaml.test(path)) throw new Error(`unsupported extension: ${JSON.stringify(/\.[^.]*$/.exec(path)?.[0] ?? "")}`);
    return [path];
  }
  const own = isDeep ? [] : yamlFiles(path, false);
  return own.some((file) => readSuites(file).length > 0) ? own : yamlFiles(path, true);
}

function yamlFiles(folder: string, recursive: boolean): readonly string[] {
  return readdirSync(folder, { recursive, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && yaml.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function stat(path: string): ReturnType<typeof statSync> & {} {
  try {
    return statSync(path);
  } catch (error) {
    throw new Error(`stat ${path}: ${reasonOf(error)}`);
  }
}

function readSuites(path: string): readonly FoundSuite[] {
  const [first] = readDocuments(path);
  return first === undefined || !isSuite(first) ? [] : [{ path, file: resolve(path), suite: readSuite(first) }];
}
