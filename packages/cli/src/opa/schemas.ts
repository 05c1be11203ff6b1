import { readdirSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { LoadFault, splitPrefix } from "./load.ts";
import { LoadError, readBytes, systemFault, yamlText } from "./read-data.ts";

/**
 * The schemas of a file, or of all files in a folder, by the names that annotations give them: `schema` for a single file, `schema.a.b` for
 * `a/b.json`. Throws `LoadFault`.
 */
export function loadSchemas(given: string): ReadonlyMap<string, unknown> | undefined {
  if (given === "") return undefined;
  const { path } = splitPrefix(given);
  try {
    if (!isFolder(path)) return new Map([["schema", readSchema(path)]]);
    const names = readdirSync(path, { recursive: true, encoding: "utf8" }).sort();
    const files = names.filter((name) => !statSync(join(path, name)).isDirectory());
    return new Map(files.map((name) => [schemaName(relative(".", name)), readSchema(join(path, name))]));
  } catch (error) {
    throw new LoadFault([error as LoadError]);
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw systemFault("stat", path, error);
  }
}

function readSchema(file: string): unknown {
  try {
    return yamlText(readBytes(file).toString("utf8"));
  } catch (error) {
    throw new LoadError(`${file}: ${(error as Error).message}`);
  }
}

function schemaName(file: string): string {
  const keys = file.replace(/\.[^./\\]*$/, "").split(sep);
  return keys.reduce(
    (name, key) => name + (/^[a-zA-Z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`),
    "schema",
  );
}
