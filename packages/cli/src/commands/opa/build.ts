import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Bundle, BundleError, bundleFiles, type ModuleFile, packTarball } from "@sallyport/opa";
import {
  type Capabilities,
  EvaluationError,
  formatModule,
  OptimizeError,
  RegoError,
  type RegoVersion,
} from "@sallyport/rego";
import { BuildError, type BuildOptions, buildBundle, bundleOfFiles } from "../../opa/build-bundle.ts";
import { signingConfig, signingFlags, verificationConfig, verificationFlags } from "../../opa/bundle-keys.ts";
import { capabilitiesFlag, compilerPart, parserPart, readCapabilities } from "../../opa/capabilities.ts";
import { type Call, type OpaCommand, PrintedFault, UsageFault } from "../../opa/command.ts";
import { faultText } from "../../opa/fault-text.ts";
import { LoadFault, loadPaths } from "../../opa/load.ts";
import { v1Flag } from "../../opa/policy-flags.ts";
import { bundleFaultText, readBundlePath } from "../../opa/read-bundle.ts";
import { LoadError, systemFault } from "../../opa/read-data.ts";

export const buildCommand: OpaCommand = {
  name: "build",
  usage: "<path> [<path> [...]] [flags]",
  summary: "Build a bundle of policies and data",
  description:
    "Packs policies and data into one bundle, compiled to see that they hold together. With -O the entry points are partially evaluated beforehand; with -t plan the bundle holds their plan; with a signing key its files are signed.",
  examples: `
  sallyport opa build -b policies/
  sallyport opa build -b policies/ -O 1 -e authz/allow -o optimized.tar.gz
  sallyport opa build -t plan -e authz/allow policies/
  sallyport opa build -b --verification-key public.pem --signing-key private.pem bundle.tar.gz`,
  flags: [
    { name: "bundle", short: "b", kind: "bool", usage: "the paths are bundles: folders or archives" },
    capabilitiesFlag,
    { name: "debug", kind: "bool", usage: "tell what is optimized" },
    {
      name: "entrypoint",
      short: "e",
      kind: "list",
      usage: "path of a document that will be asked for, as authz/allow",
    },
    { name: "follow-symlinks", kind: "bool", usage: "follow links in folders" },
    { name: "format", kind: "enum", values: ["json", "proto"], default: "json", usage: "format of the plan" },
    { name: "ignore", kind: "commaList", usage: "names of files and folders to leave out, as '.*'" },
    { name: "optimize", short: "O", kind: "int", usage: "how much to evaluate beforehand: 0, 1 or 2" },
    { name: "output", short: "o", kind: "string", default: "bundle.tar.gz", usage: "name of the bundle" },
    {
      name: "partial-namespace",
      kind: "string",
      default: "partial",
      usage: "package of rules that optimization makes",
    },
    { name: "prune-unused", kind: "bool", usage: "leave out what no entry point needs" },
    { name: "revision", short: "r", kind: "string", usage: "revision of the bundle" },
    ...signingFlags,
    {
      name: "target",
      short: "t",
      kind: "enum",
      values: ["rego", "wasm", "plan"],
      default: "rego",
      usage: "what the bundle holds",
    },
    { name: "v0-compatible", kind: "bool", usage: "policies are written in Rego v0" },
    v1Flag,
    ...verificationFlags,
    { name: "wasm-include-print", kind: "bool", usage: "of the target wasm, which there is none of" },
  ],
  run: runBuild,
};

async function runBuild(call: Call): Promise<number> {
  const { args, flags } = call;
  if (args.length === 0) throw new UsageFault("expected at least one path");
  const capabilities = readCapabilities(flags.string("capabilities"));
  const isKeyed = flags.string("verification-key") !== "" || flags.string("signing-key") !== "";
  if (isKeyed && !flags.bool("bundle"))
    throw new PrintedFault("error: enable bundle mode (ie. --bundle) to verify or sign bundle files or directories");
  try {
    checkFormat(flags);
    const files = bundleFiles(await build(call, capabilities), moduleText, signingConfig(flags, "default"));
    writeBundle(flags.string("output"), await packTarball(files));
    return 0;
  } catch (error) {
    throw new PrintedFault(`error: ${buildFaultText(error)}`);
  }
}

/** Plans are written as JSON only. */
function checkFormat(flags: Call["flags"]): void {
  if (flags.string("format") !== "proto") return;
  if (flags.string("target") === "plan") throw new BuildError("plans are written as JSON only: use --format json");
  throw new BuildError('plan format "proto" is only valid with target "plan"');
}

async function build(call: Call, capabilities: Capabilities | undefined): Promise<Bundle> {
  const { flags, terminal } = call;
  const level = flags.int("optimize");
  const entrypoints = flags.list("entrypoint");
  if (flags.bool("debug") && level > 0)
    for (const each of entrypoints) terminal.err(`optimizer: entrypoint: data.${each.replaceAll("/", ".")}\n`);
  return buildBundle(await load(call, capabilities), {
    compile: compilerPart(capabilities),
    regoVersion: versionOf(call),
    entrypoints,
    target: flags.string("target") as BuildOptions["target"],
    level,
    namespace: flags.string("partial-namespace"),
    ...(flags.isSet("revision") && { revision: flags.string("revision") }),
  });
}

function versionOf({ flags }: Call): RegoVersion {
  return flags.bool("v0-compatible") ? "v0" : "v1";
}

async function load(call: Call, capabilities: Capabilities | undefined): Promise<readonly Bundle[]> {
  const { args, flags, terminal } = call;
  const regoVersion = versionOf(call);
  const ignore = flags.list("ignore");
  if (flags.bool("bundle")) {
    const bundles: Bundle[] = [];
    for (const path of args) bundles.push(await loadBundle(path, call, capabilities));
    return bundles;
  }
  for (const path of args)
    if (existsSync(path) && statSync(path).isDirectory() && existsSync(join(path, ".manifest")))
      terminal.err(
        `Warning: .manifest file found in ${JSON.stringify(path)} but -b flag not specified. Manifest will be ignored.\n`,
      );
  const { modules, data } = loadPaths(args, { ignore, regoVersion, ...parserPart(capabilities) });
  return [bundleOfFiles(modules, data, regoVersion)];
}

/** A signed bundle is read only with a key. */
async function loadBundle(path: string, call: Call, capabilities: Capabilities | undefined): Promise<Bundle> {
  const { flags } = call;
  const verification = verificationConfig(flags);
  try {
    const bundle = await readBundlePath(path, {
      regoVersion: versionOf(call),
      ignore: flags.list("ignore"),
      followSymlinks: flags.bool("follow-symlinks"),
      ...parserPart(capabilities),
      ...(verification !== undefined && { verification }),
    });
    if (bundle.signatures !== undefined && verification === undefined)
      throw new BundleError("verification key not provided");
    return bundle;
  } catch (error) {
    throw new BundleError(`load error: ${bundleFaultText(path, error)}`);
  }
}

/** Modules are laid out anew, as `opa fmt` does. */
function moduleText({ module, regoVersion }: ModuleFile): string {
  return formatModule(module, { target: regoVersion });
}

function writeBundle(path: string, bytes: Uint8Array): void {
  try {
    writeFileSync(path, bytes);
  } catch (error) {
    throw systemFault("open", path, error);
  }
}

function buildFaultText(error: unknown): string {
  if (error instanceof LoadFault) return `load error: ${(faultText(error) ?? "").trimEnd()}`;
  if (error instanceof RegoError) return (faultText(error) ?? "").trimEnd();
  const isOwn = [BuildError, BundleError, LoadError, OptimizeError, EvaluationError].some(
    (kind) => error instanceof kind,
  );
  if (isOwn) return (error as Error).message;
  throw error;
}
