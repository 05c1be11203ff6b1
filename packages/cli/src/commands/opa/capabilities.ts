import { goJsonLine, type Printable, Struct } from "@sallyport/opa/answers";
import {
  builtinNames,
  findSignature,
  isObject,
  type JsonObject,
  type LanguageCapabilities,
  languageOf,
  type Value,
} from "@sallyport/rego";
import { capabilitiesOfVersion, capabilityVersions } from "../../opa/capability-versions.ts";
import type { Call, OpaCommand } from "../../opa/command.ts";
import { jsonDocument, LoadError, readBytes } from "../../opa/read-data.ts";

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
    const text = capabilitiesText(call);
    // As OPA, which fails without a word.
    if (text === undefined) return 1;
    call.terminal.out(text);
    return 0;
  },
};

/** Undefined for a version, or a file, that there is not. */
function capabilitiesText({ flags }: Call): string | undefined {
  const version = flags.string("version");
  const file = flags.string("file");
  if (version !== "") return versionText(version);
  if (file !== "") return fileText(file);
  if (flags.bool("current")) return goJsonLine(currentStruct(languageOf(flags.bool("v0-compatible") ? "v0" : "v1")));
  return capabilityVersions.map((each) => `${each}\n`).join("");
}

function versionText(version: string): string | undefined {
  const capabilities = capabilitiesOfVersion(version);
  return capabilities && goJsonLine(fileStruct(capabilities as unknown as JsonObject));
}

function fileText(file: string): string | undefined {
  let document: Printable;
  try {
    document = jsonDocument(file, readBytes(file).toString("utf8"));
  } catch (error) {
    if (error instanceof LoadError) return undefined;
    throw error;
  }
  return isObject(document as Value) ? goJsonLine(fileStruct(document as JsonObject)) : undefined;
}

/** In the order of the fields of OPA's structs. */
function fileStruct({ builtins = [], ...rest }: JsonObject): Struct {
  return new Struct({
    builtins: (builtins as readonly JsonObject[]).map(({ name, decl, ...more }) => new Struct({ name, decl, ...more })),
    future_keywords: rest["future_keywords"],
    wasm_abi_versions: (rest["wasm_abi_versions"] as readonly JsonObject[] | undefined)?.map(
      ({ version, minor_version }) => new Struct({ version, minor_version }),
    ),
    features: rest["features"],
    allow_net: rest["allow_net"],
  });
}

/** The builtins with their types, and the features of the language, in the shape of OPA's capabilities.json. */
function currentStruct(language: LanguageCapabilities): Struct {
  return new Struct({
    builtins: builtinNames().map(builtinEntry),
    ...(language as { readonly [field: string]: Printable }),
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
