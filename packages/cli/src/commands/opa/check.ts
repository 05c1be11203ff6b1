import { goJsonLine, Struct } from "@sallyport/opa/answers";
import { type Capabilities, compileModules, parseModule, RegoError } from "@sallyport/rego";
import { parserPart } from "../../opa/capabilities.ts";
import { type Call, type OpaCommand, UsageFault } from "../../opa/command.ts";
import { compileFlags, readCompileFlags } from "../../opa/compile-flags.ts";
import { faultEntries, faultText } from "../../opa/fault-text.ts";
import type { FlagSpec } from "../../opa/flags.ts";
import { type Loaded, LoadFault, loadPaths } from "../../opa/load.ts";
import { loadBundles } from "../../opa/load-bundles.ts";
import { v1Flag } from "../../opa/policy-flags.ts";

const flags: readonly FlagSpec[] = [
  { name: "bundle", short: "b", kind: "bool", usage: "the paths are bundle files or folders" },
  { name: "format", short: "f", kind: "enum", values: ["pretty", "json"], default: "pretty", usage: "output format" },
  { name: "ignore", kind: "commaList", usage: "names of files and folders to leave out, as '.*'" },
  ...compileFlags,
  { name: "strict", short: "S", kind: "bool", usage: "unused names and the like are errors" },
  { name: "v0-compatible", kind: "bool", usage: "policies are written in Rego v0" },
  v1Flag,
  { name: "v0-v1", kind: "bool", usage: "policies must be right in Rego v0 and in v1" },
];

export const checkCommand: OpaCommand = {
  name: "check",
  usage: "<path> [path [...]] [flags]",
  summary: "Check Rego sources for errors",
  description: "Says nothing when all policies can be parsed and compiled; else tells the errors, with exit status 1.",
  examples: `
  sallyport opa check policies/
  sallyport opa check --strict --format json policy.rego`,
  flags,
  run: runCheck,
};

async function runCheck(call: Call): Promise<number> {
  const { args, flags, terminal } = call;
  if (args.length === 0) throw new UsageFault("specify at least one file");
  try {
    await check(call);
    return 0;
  } catch (error) {
    const entries = faultEntries(error);
    if (entries === undefined) throw error;
    const isJson = flags.string("format") === "json";
    terminal.err(
      isJson ? goJsonLine(new Struct({ errors: entries.map(({ json }) => json) })) : (faultText(error) ?? ""),
    );
    return 1;
  }
}

async function check(call: Call): Promise<void> {
  const { flags } = call;
  const { options, capabilities } = readCompileFlags(flags);
  const { modules } = await load(call, capabilities);
  if (flags.bool("v0-v1")) checkBothVersions(modules);
  const { diagnostics } = compileModules(
    modules.map(({ module }) => module),
    { ...options, print: true, strict: flags.bool("strict") },
  );
  if (diagnostics.length > 0) throw new RegoError(diagnostics);
}

/** Only policies are of interest. */
async function load({ args, flags }: Call, capabilities: Capabilities | undefined): Promise<Loaded> {
  const regoVersion = flags.bool("v0-compatible") || flags.bool("v0-v1") ? "v0" : "v1";
  const options = { ignore: flags.list("ignore"), regoVersion, ...parserPart(capabilities) } as const;
  return flags.bool("bundle") ? loadBundles(args, options) : loadPaths(args, { ...options, policiesOnly: true });
}

/** What is right as v0 must be right as v1 too. */
function checkBothVersions(modules: Loaded["modules"]): void {
  const parsed = modules.map(({ file, text }) => parseModule(text, { file, regoVersion: "v1" }));
  const faults = parsed.flatMap(({ diagnostics }) => diagnostics);
  if (faults.length > 0) throw new LoadFault(faults);
}
