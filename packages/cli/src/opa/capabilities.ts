import { existsSync } from "node:fs";
import { type Capabilities, compilerCapabilities } from "@sallyport/rego";
import { capabilitiesOfVersion } from "./capability-versions.ts";
import { FlagError } from "./flags.ts";
import { jsonDocument, readBytes } from "./read-data.ts";

/** Those of a file, or of a version; undefined when neither is named. Throws `FlagError`. */
export function readCapabilities(given: string): Capabilities | undefined {
  if (given === "") return undefined;
  const known = capabilitiesOfVersion(given);
  if (known !== undefined) return known;
  const fault = (why: string) =>
    new FlagError(`invalid argument ${JSON.stringify(given)} for "--capabilities" flag: ${why}`);
  if (!existsSync(given)) throw fault(`no such file or capabilities version found: ${given}`);
  try {
    return jsonDocument(given, readBytes(given).toString("utf8")) as unknown as Capabilities;
  } catch (error) {
    throw fault((error as Error).message);
  }
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
