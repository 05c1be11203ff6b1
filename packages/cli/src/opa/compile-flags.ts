import type { CompileOptions } from "@sallyport/rego";
import { type Capabilities, readCapabilities } from "./capabilities.ts";
import { CommandFault } from "./command.ts";
import type { FlagSpec, Flags } from "./flags.ts";
import { type Loaded, LoadFault } from "./load.ts";
import { LoadError } from "./read-data.ts";
import { loadSchemas } from "./schemas.ts";

/** Flags of `test` and `check` that say what the compiler knows. */
export const compileFlags: readonly FlagSpec[] = [
  { name: "capabilities", kind: "string", usage: "capabilities file, or version" },
  {
    name: "max-errors",
    short: "m",
    kind: "int",
    default: "10",
    usage: "how many errors of a compilation are reported",
  },
  { name: "schema", short: "s", kind: "string", usage: "JSON Schema file, or folder of them" },
];

export interface CompileFlags {
  readonly options: CompileOptions;
  readonly capabilities: Capabilities | undefined;
}

/** Throws `FlagError` and `CommandFault`. */
export function readCompileFlags(flags: Flags): CompileFlags {
  const capabilities = readCapabilities(flags.string("capabilities"));
  const schemas = schemasOf(flags.string("schema"));
  const options = {
    maxErrors: Math.max(0, flags.int("max-errors")),
    ...(schemas === undefined ? {} : { schemas, useSchemaAnnotations: true }),
    ...(capabilities === undefined ? {} : { builtins: capabilities.builtins }),
  };
  return { options, capabilities };
}

/** These commands know but one status of faults. */
function schemasOf(path: string): ReadonlyMap<string, unknown> | undefined {
  try {
    return loadSchemas(path);
  } catch (error) {
    throw error instanceof CommandFault ? new CommandFault(error.message) : error;
  }
}

/** Policies may be of a version only that the capabilities know. Throws `LoadFault`. */
export function checkFeatures({ modules }: Loaded, capabilities: Capabilities | undefined): void {
  if (capabilities === undefined || capabilities.features.has("rego_v1")) return;
  const why = "rego_parse_error: illegal capabilities: rego_v1 feature required for parsing v1 Rego";
  const faults = modules.filter(({ module }) => module.regoVersion === "v1").map(() => new LoadError(why));
  if (faults.length > 0) throw new LoadFault(faults);
}
