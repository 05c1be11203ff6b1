import { statSync } from "node:fs";
import { objectsIn } from "@sallyport/constraints";
import type { KubeObject } from "@sallyport/kube";
import { reasonOf } from "../errors.ts";
import { expandFiles } from "../manifests.ts";
import { type Call, CommandFault } from "../opa/command.ts";
import type { FlagSpec } from "../opa/flags.ts";
import { documentsIn, readText } from "./documents.ts";

export function filenameFlag(short: string): FlagSpec {
  return {
    name: "filename",
    short,
    kind: "list",
    type: "stringArray",
    usage: "a file or folder with Kubernetes objects; may be repeated",
  };
}

/** gator's flags of images in registries: these are not read. */
export const imageFlags: readonly FlagSpec[] = [
  {
    name: "image",
    short: "i",
    kind: "list",
    type: "stringArray",
    usage: "not supported: pull the image, and name its folder by --filename",
  },
  { name: "tempdir", short: "d", kind: "string", usage: "where images would be unpacked: has no effect" },
];

/** Where objects come from, for who must tell two of one name apart. */
interface Read {
  readonly from: string;
  readonly object: KubeObject;
}

/** The objects of all files, folders and standard input. Throws `CommandFault`; tells of objects that are there twice. */
export function readSources({ flags, terminal }: Call): readonly KubeObject[] {
  if (flags.list("image").length > 0)
    throw new CommandFault(
      "reading: images are not read from registries: pull them, and name their folders by --filename",
    );
  const all = [
    ...flags.list("filename").flatMap((name) => within("reading: reading from filenames", () => readPath(name))),
    ...within("reading: reading from stdin", () => readStdin(terminal.isInteractive === true ? "" : terminal.stdin())),
  ];
  if (all.length === 0) throw new CommandFault("no input data identified");
  for (const fault of duplicates(all)) terminal.err(`${fault}\n`);
  return all.map(({ object }) => object);
}

const extensions = /\.(json|ya?ml)$/;

function readPath(path: string): readonly Read[] {
  checkPath(path);
  return expandFiles([path], extensions).flatMap((file) =>
    read(`file: "${file}"`, readText(file), `invalid yaml: ${file}`),
  );
}

/** Throws an error of one line, in gator's words. */
function checkPath(path: string): void {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (error) {
    throw new Error(`stat on path ${JSON.stringify(path)}: stat ${path}: ${reasonOf(error)}`);
  }
  if (!isFolder && !extensions.test(path))
    throw new Error(`path ${JSON.stringify(path)} must be of extensions: [.yaml .yml .json]`);
}

function readStdin(text: string): readonly Read[] {
  return read("stdin", text, "reading yaml source");
}

function read(from: string, text: string, what: string): readonly Read[] {
  return objectsIn(documentsIn(text, what)).map((object) => ({ from, object }));
}

function duplicates(all: readonly Read[]): readonly string[] {
  const seen = new Map<string, string>();
  return all.flatMap(({ from, object: { apiVersion, kind, metadata } }) => {
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
