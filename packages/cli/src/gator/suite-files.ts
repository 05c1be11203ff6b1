import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { isSuite, readSuite, type SuiteFiles } from "@sallyport/constraints";
import { goScalarsOfV3 } from "@sallyport/kube";
import { reasonOf } from "../errors.ts";
import { expandFiles } from "../manifests.ts";
import { CommandFault } from "../opa/command.ts";
import { documentsIn, type Fields, readText } from "./documents.ts";

/** Files of the disk, each read once: the cases of a suite share most of theirs. */
export function diskFiles(): SuiteFiles {
  const known = new Map<string, readonly Fields[]>();
  return {
    documents: (path) => {
      const found = known.get(path) ?? readSuiteDocuments(path);
      known.set(path, found);
      return found;
    },
  };
}

/** The documents of a file of a suite. Throws an error of one line. gator reads suites by yaml.v3, and what it is asked to test as kubectl does. */
function readSuiteDocuments(path: string): readonly Fields[] {
  return documentsIn(readText(path), `invalid yaml: ${path}`, goScalarsOfV3);
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
  const own = isDeep ? [] : readdirSync(path).filter((name) => yaml.test(name));
  const files = own.map((name) => join(path, name)).filter((file) => !stat(file).isDirectory());
  return files.some((file) => readSuites(file).length > 0) ? files.sort() : expandFiles([path], yaml);
}

function stat(path: string): ReturnType<typeof statSync> & {} {
  try {
    return statSync(path);
  } catch (error) {
    throw new Error(`stat ${path}: ${reasonOf(error)}`);
  }
}

function readSuites(path: string): readonly FoundSuite[] {
  const [first] = readSuiteDocuments(path);
  return first === undefined || !isSuite(first) ? [] : [{ path, file: resolve(path), suite: readSuite(first) }];
}
