import { writeFileSync } from "node:fs";
import { Expander } from "@sallyport/constraints";
import type { KubeObject } from "@sallyport/kube";
import type { JsonObject } from "@sallyport/rego";
import { yamlText } from "@sallyport/rego/yaml";
import { filenameFlag, imageFlags, readSources } from "../../gator/read-sources.ts";
import { sortedJson } from "../../gator/sorted-json.ts";
import { type Call, CommandFault, type OpaCommand } from "../../opa/command.ts";
import type { FlagSpec } from "../../opa/flags.ts";

const flags: readonly FlagSpec[] = [
  filenameFlag("n"),
  ...imageFlags,
  { name: "format", short: "f", kind: "string", usage: "output format: json or yaml" },
  { name: "outputfile", short: "o", kind: "string", usage: "write to this file; one that is there is replaced" },
];

export const expandCommand: OpaCommand = {
  program: "gator",
  name: "expand",
  usage: "[flags]",
  summary: "Show what objects imply by the ExpansionTemplates among them",
  description:
    "Mutators among the objects are applied to objects and to what they imply. Status 1 where that cannot be told.",
  examples: `
  sallyport gator expand -n manifests/ -n expansion.yaml
  sallyport gator expand -n manifests/ --format json --outputfile pods.json`,
  flags,
  run: runExpand,
};

function runExpand(call: Call): number {
  const { flags, terminal } = call;
  const objects = readSources(call);
  const format = formatOf(flags.string("format"));
  const made = expandAll(objects).toSorted((a, b) => (keyOf(a) > keyOf(b) ? -1 : 1));
  const text = made.map(format).join("---\n");
  const file = flags.string("outputfile");
  if (file === "") terminal.out(`${text}\n`);
  else {
    terminal.out(`Writing output to file: ${file}\n`);
    writeFileSync(file, text);
  }
  return 0;
}

function expandAll(objects: readonly KubeObject[]): readonly KubeObject[] {
  try {
    const expander = new Expander(objects);
    return objects.flatMap((each) => expander.expand(each).map(({ object }) => object));
  } catch (error) {
    throw new CommandFault(`error expanding resources: ${(error as Error).message}`);
  }
}

function formatOf(name: string): (object: KubeObject) => string {
  if (name === "" || name === "yaml") return (object) => yamlText(sortedJson(object) as JsonObject);
  if (name === "json") return (object) => JSON.stringify(sortedJson(object), undefined, "    ");
  throw new CommandFault(`unrecognized value for format flag: ${name}`);
}

function keyOf({ apiVersion, kind, metadata: { name = "" } }: KubeObject): string {
  return name + apiVersion + kind;
}
