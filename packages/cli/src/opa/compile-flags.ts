import type { Capabilities, CompileOptions } from "@sallyport/rego";
import { capabilitiesFlag, compilerPart, readCapabilities } from "./capabilities.ts";
import type { FlagSpec, Flags } from "./flags.ts";
import { loadSchemas } from "./schemas.ts";

/** Flags of `test` and `check` that say what the compiler knows. */
export const compileFlags: readonly FlagSpec[] = [
  capabilitiesFlag,
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

/** Throws `FlagError` and `LoadFault`. */
export function readCompileFlags(flags: Flags): CompileFlags {
  const capabilities = readCapabilities(flags.string("capabilities"));
  const schemas = loadSchemas(flags.string("schema"));
  const options = {
    maxErrors: Math.max(0, flags.int("max-errors")),
    // Annotations may hold schemas of their own.
    useSchemaAnnotations: true,
    ...(schemas === undefined ? {} : { schemas }),
    ...compilerPart(capabilities),
  };
  return { options, capabilities };
}
