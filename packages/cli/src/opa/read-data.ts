import { readFileSync } from "node:fs";
import { jsonFault, parseJson, parseYaml, type Value } from "@sallyport/rego";

/** A file that cannot be loaded, in OPA's words. */
export class LoadError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "LoadError";
  }
}

const systemFaults: { readonly [code: string]: string } = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EISDIR: "is a directory",
  ENOTDIR: "not a directory",
};

/** A fault of the file system as Go words it: `open x: no such file or directory`. */
export function systemFault(call: string, path: string, error: unknown): LoadError {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return new LoadError(`${call} ${path}: ${systemFaults[code] ?? message}`);
}

export function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw systemFault((error as NodeJS.ErrnoException).code === "EISDIR" ? "read" : "open", path, error);
  }
}

/** A JSON document. Throws `LoadError` that names the file. */
export function jsonDocument(path: string, text: string): Value {
  try {
    return parseJson(text);
  } catch {
    throw new LoadError(`${path}: ${jsonFault(text)}`);
  }
}

/** The first document of a YAML text; nothing is null. Throws `LoadError` that names the file. */
export function yamlDocument(path: string, text: string): Value {
  try {
    return yamlText(text);
  } catch (error) {
    throw new LoadError(`${path}: error converting YAML to JSON: ${(error as Error).message}`);
  }
}

/** A YAML text; JSON, which most are, is read as such, which is faster by far. */
export function yamlText(text: string): Value {
  try {
    return parseJson(text);
  } catch {
    return parseYaml(text);
  }
}
