import type { Terminal } from "../../opa/command.ts";
import { type CommandGroup, runGroup } from "../../opa/command-group.ts";

const group: CommandGroup = {
  name: "opa",
  about: "Rego on the command line: the arguments, outputs and exit codes of `opa`.",
  examples: `
  sallyport opa eval -d policy.rego -i input.json data.example.allow
  sallyport opa eval -f pretty 'x := [1, 2, 3][_]; x > 1'`,
  entries: [
    {
      name: "bench",
      summary: "Benchmark a Rego query",
      load: async () => (await import("./bench.ts")).benchCommand,
    },
    {
      name: "build",
      summary: "Build a bundle of policies and data",
      load: async () => (await import("./build.ts")).buildCommand,
    },
    {
      name: "capabilities",
      summary: "Print the capabilities of this engine",
      load: async () => (await import("./capabilities.ts")).capabilitiesCommand,
    },
    {
      name: "check",
      summary: "Check Rego sources for errors",
      load: async () => (await import("./check.ts")).checkCommand,
    },
    {
      name: "deps",
      summary: "Analyze Rego query dependencies",
      load: async () => (await import("./deps.ts")).depsCommand,
    },
    {
      name: "eval",
      summary: "Evaluate a Rego query",
      load: async () => (await import("./eval.ts")).evalCommand,
    },
    {
      name: "exec",
      summary: "Execute against input files",
      load: async () => (await import("./exec.ts")).execCommand,
    },
    {
      name: "fmt",
      summary: "Format Rego source files",
      load: async () => (await import("./fmt.ts")).fmtCommand,
    },
    {
      name: "inspect",
      summary: "Inspect a bundle",
      load: async () => (await import("./inspect.ts")).inspectCommand,
    },
    {
      name: "parse",
      summary: "Parse a Rego source file",
      load: async () => (await import("./parse.ts")).parseCommand,
    },
    {
      name: "run",
      summary: "Start an interactive shell",
      load: async () => (await import("./run.ts")).runCommand,
    },
    {
      name: "sign",
      summary: "Write the signature of bundles",
      load: async () => (await import("./sign.ts")).signCommand,
    },
    {
      name: "test",
      summary: "Run Rego's unit tests",
      load: async () => (await import("./test.ts")).testCommand,
    },
    {
      name: "version",
      summary: "Print the version",
      load: async () => (await import("./version.ts")).versionCommand,
    },
  ],
};

/** Runs `sallyport opa …`: the arguments, outputs and exit codes of `opa`. */
export function runOpa(line: readonly string[], terminal: Terminal): Promise<number> {
  return runGroup(group, line, terminal);
}
