import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseYamlDocuments } from "@sallyport/kube";
import { reasonOf } from "./errors.ts";

/** One object of a file, as written: not yet decoded by any schema. */
export interface Manifest {
  /** Path as the user gave it, `-` for standard input. */
  readonly file: string;
  /** 1-based line where the object begins. */
  readonly line: number;
  readonly value: { readonly [field: string]: unknown };
}

/** Bad input: one line that says what is wrong, where, and what would be right. Ends the command with status 2. */
export class InputError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InputError";
  }
}

/** Larger files are no manifests but mistakes; the API server itself takes 3 MiB per object. */
const maxFileBytes = 64 * 1024 * 1024;

const extensions = /\.(ya?ml|json)$/;

/** Reads files, folders (recursively, in name order) and `-`; Lists are taken apart. `onRead` is told after each file. Throws `InputError`. */
export function readManifests(
  paths: readonly string[],
  stdin: () => string,
  onRead?: (done: number, of: number) => void,
): readonly Manifest[] {
  return expandFiles(paths, extensions).flatMap((file, place, { length }) => {
    const manifests = parseManifests(file, file === "-" ? stdin() : readText(file));
    onRead?.(place + 1, length);
    return manifests;
  });
}

/** All objects of one text. Throws `InputError` at the first fault of syntax. */
export function parseManifests(file: string, text: string): readonly Manifest[] {
  const { documents, lines } = parseYamlDocuments(text);
  return documents.flatMap((document) => {
    const fault = document.errors[0];
    if (fault !== undefined) {
      const { line, col } = lines.linePos(fault.pos[0]);
      throw new InputError(`${file}:${line}:${col}: ${firstLine(fault.message)}`);
    }
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    const line = document.contents?.range ? lines.linePos(document.contents.range[0]).line : 1;
    return value === null || value === undefined ? [] : flatten(file, line, value);
  });
}

function flatten(file: string, line: number, value: unknown): readonly Manifest[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InputError(
      `${file}:${line}: expected a Kubernetes object with apiVersion and kind, got ${kindOf(value)}`,
    );
  }
  const object = value as { readonly [field: string]: unknown };
  for (const field of ["apiVersion", "kind"]) {
    if (typeof object[field] !== "string" || object[field] === "") {
      throw new InputError(
        `${file}:${line}: the object has no ${field}; every Kubernetes object begins with apiVersion and kind`,
      );
    }
  }
  const items = object["items"];
  if (String(object["kind"]).endsWith("List") && Array.isArray(items))
    return items.flatMap((item) => flatten(file, line, item));
  return [{ file, line, value: object }];
}

/** Files as they are, folders as the files in them whose names match, recursively and in order. */
export function expandFiles(paths: readonly string[], names: RegExp): readonly string[] {
  return paths.flatMap((path) => expandPath(path, names));
}

function expandPath(path: string, names: RegExp): readonly string[] {
  if (path === "-") return [path];
  if (!isFolder(path)) return [path];
  const inside = readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) => names.test(name));
  return inside
    .sort()
    .map((name) => join(path, name))
    .filter((file) => !isFolder(file));
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw new InputError(`${path}: ${reasonOf(error)}`);
  }
}

function readText(file: string): string {
  try {
    if (statSync(file).size > maxFileBytes) throw new InputError(`${file}: larger than ${maxFileBytes} bytes`);
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file}: ${reasonOf(error)}`);
  }
}

function firstLine(text: string): string {
  return text.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? text;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}
