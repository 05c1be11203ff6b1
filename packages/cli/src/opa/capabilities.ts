import { type Capabilities, compilerCapabilities, isObject } from "@sallyport/rego";
import { capabilitiesOfVersion } from "./capability-versions.ts";
import type { FlagSpec } from "./flags.ts";
import { jsonDocument, LoadError, readBytes } from "./read-data.ts";

/** The flag that names capabilities, which must be there. */
export const capabilitiesFlag: FlagSpec = {
  name: "capabilities",
  kind: "string",
  usage: "capabilities file, or version",
  check: (text) =>
    readCapabilities(text) === undefined ? `no such file or capabilities version found: ${text}` : undefined,
};

/** Those of a file, or of a version; undefined when neither is named. */
export function readCapabilities(given: string): Capabilities | undefined {
  const known = capabilitiesOfVersion(given);
  if (known !== undefined) return known;
  try {
    const document = jsonDocument(given, readBytes(given).toString("utf8"));
    if (isObject(document)) return document as unknown as Capabilities;
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
  }
  return undefined;
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
