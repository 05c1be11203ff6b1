import { builtinNames, findSignature } from "@sallyport/rego";
import { type Call, CommandFault, type OpaCommand } from "../../opa/command.ts";
import { goJsonLine, type Printable, Struct } from "../../opa/json-text.ts";
import { opaVersion } from "../../opa/opa-version.ts";
import { jsonDocument, readBytes } from "../../opa/read-data.ts";

export const capabilitiesCommand: OpaCommand = {
  name: "capabilities",
  usage: "[flags]",
  summary: "Print the capabilities of this engine",
  description:
    "Without flags, prints the versions that --version takes: those of OPA whose capabilities this engine has.",
  flags: [
    { name: "current", kind: "bool", usage: "print current capabilities" },
    { name: "file", kind: "string", usage: "print capabilities defined by a file" },
    { name: "v0-compatible", kind: "bool", usage: "opt in to the features and behaviors of OPA before 1.0" },
    { name: "version", kind: "string", usage: "print capabilities of a specific version" },
  ],
  run: (call) => {
    call.terminal.out(capabilitiesText(call));
    return 0;
  },
};

function capabilitiesText({ flags }: Call): string {
  const version = flags.string("version");
  const file = flags.string("file");
  if (file !== "") return goJsonLine(fileDocument(file));
  if (version !== "" && version !== `v${opaVersion}`)
    throw new CommandFault(`no capabilities version found ${version}; known: v${opaVersion}`);
  return flags.bool("current") || version !== "" ? goJsonLine(currentCapabilities()) : `v${opaVersion}\n`;
}

function fileDocument(file: string): Printable {
  try {
    return jsonDocument(file, readBytes(file).toString("utf8"));
  } catch (error) {
    throw new CommandFault((error as Error).message);
  }
}

/** The builtins with their types, and the features of the language, in the shape of OPA's capabilities.json. */
export function currentCapabilities(): Struct {
  return new Struct({
    builtins: builtinNames().map(builtinEntry),
    future_keywords: ["not"],
    features: ["keywords_in_refs", "rego_v1", "template_strings"],
  });
}

function builtinEntry(name: string): Struct {
  const signature = findSignature(name);
  if (signature === undefined) throw new Error(`no signature of ${name}`);
  const { args, result, variadic, infix, relation, deprecated, nondeterministic } = signature;
  const decl = new Struct({
    args: args.length === 0 ? undefined : (args as unknown as Printable),
    result: result as unknown as Printable,
    type: "function",
    variadic: variadic as unknown as Printable,
  });
  return new Struct({ name, decl, infix, relation, nondeterministic, deprecated });
}
