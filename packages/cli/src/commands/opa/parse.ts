import { goJson, Struct } from "@sallyport/opa/answers";
import { astJsonOfModule, astJsonText, astTree, parseModule } from "@sallyport/rego";
import { type Call, CommandFault, type OpaCommand, UsageFault } from "../../opa/command.ts";
import { diagnosticEntry, type ErrorEntry, messageEntry } from "../../opa/errors-text.ts";
import { LoadError, readBytes } from "../../opa/read-data.ts";

export const parseCommand: OpaCommand = {
  name: "parse",
  usage: "<path> [flags]",
  summary: "Parse a Rego source file and print its syntax tree",
  flags: [
    {
      name: "format",
      short: "f",
      kind: "enum",
      values: ["pretty", "json"],
      default: "pretty",
      usage: "set output format",
    },
    {
      name: "json-include",
      kind: "string",
      usage: "include optional elements, or with - exclude them: locations, comments, as 'locations,-comments'",
    },
    { name: "v0-compatible", kind: "bool", usage: "the source is Rego v0" },
    { name: "v1-compatible", kind: "bool", usage: "the source is Rego v1", hidden: true },
  ],
  run: (call) => {
    call.terminal.out(parsedText(call));
    return 0;
  },
};

function parsedText({ args, flags }: Call): string {
  const [path] = args;
  if (path === undefined) throw new UsageFault("no source file specified");
  const isV0 = flags.bool("v0-compatible") && !flags.bool("v1-compatible");
  const text = sourceText(path);
  const included = flags.string("json-include").split(",");
  const options = { locations: included.includes("locations"), comments: !included.includes("-comments") };
  const { module, diagnostics } = parseModule(text, { file: path, regoVersion: isV0 ? "v0" : "v1" });
  if (module === undefined) throw fault(diagnostics.map((each) => diagnosticEntry(each)));
  if (flags.string("format") === "json") return `${astJsonText(astJsonOfModule(module, options), "  ")}\n`;
  return astTree(module, options);
}

function sourceText(path: string): string {
  try {
    return readBytes(path).toString("utf8");
  } catch (error) {
    if (error instanceof LoadError) throw fault([messageEntry(error.message)]);
    throw error;
  }
}

/** As JSON, whatever the format. */
function fault(errors: readonly ErrorEntry[]): CommandFault {
  return new CommandFault(goJson(new Struct({ errors: errors.map(({ json }) => json) })));
}
