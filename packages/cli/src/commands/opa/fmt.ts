import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import {
  checkRegoV1,
  type Diagnostic,
  diagnosticsText,
  type FormatOptions,
  formatModule,
  languageOf,
  type ParseOptions,
  parseModule,
  type RegoVersion,
} from "@sallyport/rego";
import { capabilitiesFlag, readCapabilities } from "../../opa/capabilities.ts";
import { type Call, CommandFault, type OpaCommand } from "../../opa/command.ts";
import { systemFault } from "../../opa/read-data.ts";
import { coloredDiff } from "../../opa/text-diff.ts";

export const fmtCommand: OpaCommand = {
  name: "fmt",
  usage: "[path [...]] [flags]",
  summary: "Format Rego source files",
  description: "Without a path, formats standard input.",
  flags: [
    capabilitiesFlag,
    {
      name: "check-result",
      kind: "bool",
      default: "true",
      usage: "assert that the formatted code is valid and can be parsed",
    },
    { name: "diff", short: "d", kind: "bool", usage: "only show what would change" },
    { name: "drop-v0-imports", kind: "bool", usage: "leave out 'rego.v1' and 'future.keywords' imports" },
    { name: "fail", kind: "bool", usage: "exit with a status other than zero when a file would change" },
    { name: "list", short: "l", kind: "bool", usage: "list the files that would change" },
    { name: "rego-v1", kind: "bool", usage: "the same as --v0-v1", hidden: true },
    { name: "v0-compatible", kind: "bool", usage: "the source is Rego v0, and stays so" },
    { name: "v0-v1", kind: "bool", usage: "write what both Rego v0 and v1 understand" },
    { name: "v1-compatible", kind: "bool", usage: "the source is Rego v1", hidden: true },
    { name: "write", short: "w", kind: "bool", usage: "overwrite the source file" },
  ],
  run: (call) => {
    const formatter = new Formatter(call);
    if (call.args.length === 0) formatter.input();
    else for (const path of call.args) formatter.path(path);
    return 0;
  },
};

class Formatter {
  readonly #call: Call;
  readonly #parse: ParseOptions;
  readonly #format: FormatOptions;
  readonly #result: RegoVersion;

  constructor(call: Call) {
    const { flags } = call;
    const isBoth = flags.bool("v0-v1") || flags.bool("rego-v1");
    const isV0 = flags.bool("v0-compatible") || (isBoth && !flags.bool("v1-compatible"));
    const parsed = isV0 ? "v0" : "v1";
    const capabilities = readCapabilities(flags.string("capabilities")) ?? languageOf(parsed);
    const target = isBoth ? "v0v1" : parsed;
    this.#call = call;
    // As OPA: they say how the text is written, not how it is read.
    this.#parse = { regoVersion: parsed, annotations: false };
    this.#format = {
      target,
      dropV0Imports: flags.bool("drop-v0-imports"),
      keywordsInRefs: capabilities.features?.includes("keywords_in_refs") === true,
    };
    this.#result = target === "v0" ? "v0" : "v1";
  }

  /** Standard input; the flags that are about files say nothing here. */
  input(): void {
    const { stdin, out } = this.#call.terminal;
    const { text, fault } = this.#formatted("stdin", stdin());
    if (fault !== undefined) throw new CommandFault(fault);
    out(text);
  }

  path(path: string): void {
    let files: readonly string[];
    try {
      files = filesBelow(path);
    } catch (error) {
      throw new CommandFault(systemFault("lstat", path, error).message);
    }
    for (const file of files) this.#file(file);
  }

  #file(file: string): void {
    if (extname(file) !== ".rego") return;
    const { flags, terminal } = this.#call;
    const before = readFileSync(file, "utf8");
    const { text, fault } = this.#formatted(file, before);
    if (fault !== undefined) throw new CommandFault(`failed to format Rego source file: ${fault}`, 2);
    if (flags.bool("check-result")) this.#check(file, text);
    const isChanged = text !== before;
    const isRefused = isChanged && flags.bool("fail");
    if (flags.bool("list")) {
      if (isChanged) terminal.out(`${file}\n`);
    } else if (flags.bool("diff")) {
      if (isChanged) terminal.out(`${coloredDiff(before, text)}\n`);
    } else if (!isRefused) this.#put(file, text);
    if (isRefused) throw new CommandFault("unexpected diff", 2);
  }

  #put(file: string, text: string): void {
    if (this.#call.flags.bool("write")) writeFileSync(file, text);
    else this.#call.terminal.out(text);
  }

  #formatted(file: string, before: string): { readonly text: string; readonly fault?: string } {
    const { module, diagnostics } = parseModule(before, { ...this.#parse, file });
    if (module === undefined) return { text: "", fault: faultText(diagnostics) };
    const faults = this.#format.target === "v0" ? [] : checkRegoV1(module);
    if (faults.length > 0) return { text: "", fault: diagnosticsText(faults) };
    return { text: formatModule(module, this.#format) };
  }

  /** What was written must be a module again: some comments cannot be kept where they stand. */
  #check(file: string, text: string): void {
    const { module, diagnostics } = parseModule(text, { ...this.#parse, regoVersion: this.#result, file: "formatted" });
    if (module !== undefined) return;
    const hint = "To inspect the formatted Rego, you can turn off this check with --check-result=false.";
    const fault = `${file} was successfully formatted, but the result is invalid: ${diagnosticsText(diagnostics)}`;
    throw new CommandFault(`${fault}\n\n${hint}`, 2);
  }
}

/** OPA counts no errors where there is no module at all. */
function faultText(diagnostics: readonly Diagnostic[]): string {
  const [first] = diagnostics;
  const text = diagnosticsText(diagnostics);
  return first?.message === "empty module" ? text.slice("1 error occurred: ".length) : text;
}

/** All files below a folder, as Go's filepath.Walk finds them. */
function filesBelow(path: string): readonly string[] {
  const clean = normalize(path);
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(clean, name)));
}
