import { existsSync } from "node:fs";
import { type BuiltinSignature, findSignature, type LanguageCapabilities } from "@sallyport/rego";
import { FlagError } from "./flags.ts";
import { opaVersion } from "./opa-version.ts";
import { jsonDocument, readBytes } from "./read-data.ts";

/** What a capabilities file allows. https://www.openpolicyagent.org/docs/deployments#capabilities */
export interface Capabilities {
  readonly builtins: (name: string) => BuiltinSignature | undefined;
  /** Hosts that builtins may reach; all when undefined. */
  readonly allowNet: readonly string[] | undefined;
  readonly features: ReadonlySet<string>;
  /** What the parser goes by. */
  readonly language: LanguageCapabilities;
}

interface CapabilitiesFile {
  readonly builtins?: readonly { readonly name: string }[];
  readonly allow_net?: readonly string[];
  readonly features?: readonly string[];
  readonly future_keywords?: readonly string[];
}

/** Those of a file, or of a version; all when neither is named. Throws `FlagError`. */
export function readCapabilities(given: string): Capabilities | undefined {
  if (given === "" || given === `v${opaVersion}`) return undefined;
  const fault = (why: string) =>
    new FlagError(`invalid argument ${JSON.stringify(given)} for "--capabilities" flag: ${why}`);
  if (!existsSync(given)) throw fault(`no such file or capabilities version found: ${given}`);
  let file: CapabilitiesFile;
  try {
    file = jsonDocument(given, readBytes(given).toString("utf8")) as unknown as CapabilitiesFile;
  } catch (error) {
    throw fault((error as Error).message);
  }
  const names = new Set((file.builtins ?? []).map(({ name }) => name));
  return {
    builtins: (name) => (names.has(name) ? findSignature(name) : undefined),
    allowNet: file.allow_net,
    features: new Set(file.features ?? []),
    language: { features: file.features ?? [], future_keywords: file.future_keywords ?? [] },
  };
}
