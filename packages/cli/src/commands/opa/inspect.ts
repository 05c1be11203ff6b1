import { join } from "node:path";
import { astJsonText, RegoError, type RegoVersion } from "@sallyport/rego";
import { type Call, CommandFault, type OpaCommand, UsageFault } from "../../opa/command.ts";
import { errorEntries, errorsText } from "../../opa/errors-text.ts";
import { faultText } from "../../opa/fault-text.ts";
import { type Inspection, inspectionJson, inspectModules } from "../../opa/inspect-bundle.ts";
import { inspectionText } from "../../opa/inspect-text.ts";
import { cleanPath, LoadFault, loadPaths } from "../../opa/load.ts";
import { v1Flag } from "../../opa/policy-flags.ts";
import { bundleFaultText, isFolder, readBundlePath } from "../../opa/read-bundle.ts";

export const inspectCommand: OpaCommand = {
  name: "inspect",
  usage: "<path> [<path> [...]] [flags]",
  summary: "Inspect a bundle",
  description:
    "Tells what a bundle or a file of Rego holds: its manifest, the packages and documents and the files they come from, annotations, and the capabilities that an engine needs to run it.",
  examples: `
  sallyport opa inspect bundle.tar.gz
  sallyport opa inspect --annotations --format json policies/`,
  flags: [
    { name: "annotations", short: "a", kind: "bool", usage: "list annotations" },
    { name: "format", short: "f", kind: "enum", values: ["pretty", "json"], default: "pretty", usage: "output format" },
    { name: "v0-compatible", kind: "bool", usage: "policies are written in Rego v0" },
    v1Flag,
  ],
  run: runInspect,
};

async function runInspect({ args, flags, terminal }: Call): Promise<number> {
  const [path] = args;
  if (path === undefined || args.length > 1) throw new UsageFault("specify exactly one OPA bundle or path");
  const withAnnotations = flags.bool("annotations");
  try {
    const inspection = await inspect(path, flags.bool("v0-compatible") ? "v0" : "v1");
    const isJson = flags.string("format") === "json";
    terminal.out(
      isJson
        ? `${astJsonText(inspectionJson(inspection, withAnnotations), "  ")}\n`
        : inspectionText(inspection, withAnnotations),
    );
    return 0;
  } catch (error) {
    throw new CommandFault(`error: ${faultOf(path, error)}`);
  }
}

function faultOf(path: string, error: unknown): string {
  if (error instanceof LoadFault) return (faultText(error) ?? "").trimEnd();
  if (error instanceof RegoError) return errorsText(errorEntries(error) ?? []).trimEnd();
  return bundleFaultText(path, error);
}

async function inspect(path: string, regoVersion: RegoVersion): Promise<Inspection> {
  if (path.endsWith(".rego")) return inspectFile(path, regoVersion);
  const bundle = await readBundlePath(path, { regoVersion });
  const name = cleanPath(path);
  // Files of a folder are shown by their path, those of an archive by their place in it.
  const shown = isFolder(path) ? (url: string) => join(name, url) : (url: string) => url;
  const modules = bundle.modules.map(({ url, module, regoVersion: version }) => ({
    file: shown(url),
    module,
    regoVersion: version,
  }));
  return inspectModules(modules, bundle, shown, name);
}

function inspectFile(path: string, regoVersion: RegoVersion): Inspection {
  const file = cleanPath(path);
  const { modules } = loadPaths([path], { regoVersion });
  return inspectModules(modules.map(({ module }) => ({ file, module, regoVersion })));
}
