import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "@sallyport/kube";
import { parseYamlDocuments } from "@sallyport/kube";
import { reasonOf } from "../errors.ts";
import { type Call, CommandFault } from "../opa/command.ts";
import type { FlagSpec } from "../opa/flags.ts";
import { readDocuments } from "./suite-files.ts";

type Fields = { readonly [field: string]: unknown };

export function filenameFlag(short: string): FlagSpec {
  return {
    name: "filename",
    short,
    kind: "list",
    type: "stringArray",
    usage: "a file or folder with Kubernetes objects; may be repeated",
  };
}

/** Where objects come from, for who must tell two of one name apart. */
interface Read {
  readonly from: string;
  readonly object: KubeObject;
}

/** The objects of all files, folders and standard input. Throws `CommandFault`; tells of objects that are there twice. */
export function readSources({ flags, terminal }: Call): readonly KubeObject[] {
  const read = [
    ...flags.list("filename").flatMap((name) => within("reading: reading from filenames", () => readPath(name))),
    ...within("reading: reading from stdin", () => readStdin(terminal.isInteractive === true ? "" : terminal.stdin())),
  ];
  if (read.length === 0) throw new CommandFault("no input data identified");
  for (const fault of duplicates(read)) terminal.err(`${fault}\n`);
  return read.map(({ object }) => object);
}

const extensions = /\.(json|ya?ml)$/;

function readPath(path: string): readonly Read[] {
  return filesOf(path).flatMap((file) =>
    readDocuments(file).map((document) => ({ from: `file: "${file}"`, object: asObject(document) })),
  );
}

function filesOf(path: string): readonly string[] {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (error) {
    throw new Error(`stat on path ${JSON.stringify(path)}: stat ${path}: ${reasonOf(error)}`);
  }
  if (!isFolder) {
    if (extensions.test(path)) return [path];
    throw new Error(`path ${JSON.stringify(path)} must be of extensions: [.yaml .yml .json]`);
  }
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && extensions.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function readStdin(text: string): readonly Read[] {
  return parseYamlDocuments(text).documents.flatMap((document) => {
    const fault = document.errors[0];
    if (fault !== undefined) throw new Error(`reading yaml source: ${fault.message.split("\n")[0]}`);
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return value === null || value === undefined ? [] : [{ from: "stdin", object: asObject(value as Fields) }];
  });
}

function asObject(document: Fields): KubeObject {
  return { apiVersion: "", kind: "", metadata: {}, ...document } as KubeObject;
}

function duplicates(read: readonly Read[]): readonly string[] {
  const seen = new Map<string, string>();
  return read.flatMap(({ from, object: { apiVersion, kind, metadata } }) => {
    const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
    const key = [group, kind, metadata.namespace, metadata.name].join("\n");
    const before = seen.get(key);
    seen.set(key, from);
    return before === undefined
      ? []
      : [
          `WARNING - Resource named ${JSON.stringify(metadata.name ?? "")} (from ${from}) is already defined in ${before}`,
        ];
  });
}

function within<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new CommandFault(`${what}: ${(error as Error).message}`);
  }
}
