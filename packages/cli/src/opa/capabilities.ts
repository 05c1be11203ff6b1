import { type Capabilities, compilerCapabilities, isObject } from "@sallyport/rego";
import { capabilitiesOfVersion } from "./capability-versions.ts";
import { FlagError } from "./flags.ts";
import { jsonDocument, LoadError, readBytes } from "./read-data.ts";

/** Those of a file, or of a version; undefined when neither is named. Throws `FlagError`. */
export function readCapabilities(given: string): Capabilities | undefined {
  if (given === "") return undefined;
  const known = capabilitiesOfVersion(given);
  if (known !== undefined) return known;
  try {
    const document = jsonDocument(given, readBytes(given).toString("utf8"));
    if (isObject(document)) return document as unknown as Capabilities;
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
  }
  const why = `no such file or capabilities version found: ${given}`;
  throw new FlagError(`invalid argument ${JSON.stringify(given)} for "--capabilities" flag: ${why}`);
}

/** The compiler's part. */
export function compilerPart(capabilities: Capabilities | undefined): Partial<ReturnType<typeof compilerCapabilities>> {
  return capabilities === undefined ? {} : compilerCapabilities(capabilities);
}

/** What loaders and parsers are told, to be spread into their options. */
export function parserPart(capabilities: Capabilities | undefined): { readonly capabilities?: Capabilities } {
  return capabilities === undefined ? {} : { capabilities };
}

/** What the effects are told. */
export function effectsPart(capabilities: Capabilities | undefined): { readonly allowNet?: readonly string[] } {
  const hosts = capabilities?.allow_net;
  return hosts == null ? {} : { allowNet: hosts };
}
