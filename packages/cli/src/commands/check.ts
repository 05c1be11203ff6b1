import { deprecationWarnings, type PolicySource } from "@sallyport/admission";
import type { JsonObject } from "@sallyport/rego";
import { Command, Option } from "commander";
import { chainOptions } from "../admission-configuration.ts";
import { type CheckReport, checkManifests } from "../check/checker.ts";
import { outputs } from "../check/outputs/outputs.ts";
import type { RegoRules } from "../check/rego-rules.ts";
import { withoutValues } from "../check/without-values.ts";
import { list } from "../comma-list.ts";
import { exitCodes, UsageError } from "../errors.ts";
import { addExternalDataOptions, type ExternalDataFlags, externalDataSettings } from "../external-data-flags.ts";
import { InputError, readManifests } from "../manifests.ts";
import { LoadFault, loadPaths } from "../opa/load.ts";
import { readPolicies } from "../policy-files.ts";
import { progressOf } from "../progress.ts";
import { readStandardInput } from "../standard-input.ts";

interface CheckFlags extends ExternalDataFlags {
  readonly externalData?: boolean;
  readonly policy: readonly string[];
  readonly namespace: string;
  readonly data: readonly string[];
  readonly regoNamespace: readonly string[];
  readonly allNamespaces?: boolean;
  readonly combine?: boolean;
  readonly as: string;
  readonly asGroup: readonly string[];
  readonly output: string;
  readonly json?: boolean;
  readonly failOnWarn?: boolean;
  readonly fail: boolean;
  readonly verbose?: boolean;
  readonly enableAdmissionPlugins: readonly string[];
  readonly disableAdmissionPlugins: readonly string[];
  readonly admissionControlConfigFile?: string;
  readonly apiserverManifest?: string;
}

export function checkCommand(): Command {
  const command = new Command("check")
    .description(
      "put manifests through the admission chain offline: the same answers as `sallyport up` and a cluster give",
    )
    .argument("<files...>", "YAML or JSON files, folders (recursively), or - for standard input")
    .option(
      "-p, --policy <paths>",
      "Rego files or folders; policies may also come as ConfigMaps in the namespace opa",
      list,
      [],
    )
    .option(
      "-d, --data <paths>",
      "JSON and YAML files or folders that policies read as data, as of `opa eval`",
      list,
      [],
    )
    .option(
      "--rego-namespace <packages>",
      "packages whose deny, violation and warn are asked of each object, as conftest does; main is conftest's",
      list,
      [],
    )
    .option("--all-namespaces", "all packages that have such rules")
    .option("--combine", "these rules see all objects at once, as a list of {path, contents}; the chain, one by one")
    .option("-n, --namespace <name>", "namespace of objects that name none", "default")
    .option("--as <user>", "who creates the objects", "kubernetes-admin")
    .option("--as-group <group>", "a group of that user; may be repeated", list, [])
    .option("--enable-admission-plugins <names>", "plugins to enable beside the default ones", list, [])
    .option("--disable-admission-plugins <names>", "default plugins to disable", list, [])
    .option("--admission-control-config-file <file>", "an AdmissionConfiguration, as of kube-apiserver")
    .option("--apiserver-manifest <file>", "a kube-apiserver's static pod manifest: its admission flags")
    .addOption(
      new Option("-o, --output <format>", "how the answers are told; stdout is text")
        .choices(Object.keys(outputs))
        .default("text"),
    )
    .option("--json", "the whole decisions as JSON: --output json")
    .option("--external-data", "ask Gatekeeper's Providers among the files; what needs them is refused without")
    .option("--fail-on-warn", "status 1 also where there are only warnings")
    .option("--no-fail", "status 0 whatever was denied")
    .option("-v, --verbose", "every step of every decision");
  return addExternalDataOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  sallyport check pod.yaml
  sallyport check -p policies/ manifests/
  kustomize build . | sallyport check -
  sallyport check -p policy/ --rego-namespace main -d data/ deploy/   policies written for conftest
  sallyport check -o sarif deploy/ > check.sarif        also junit, github, azuredevops, tap, table
  sallyport check --json deploy/ | jq '.results[] | select(.verdict == "denied")'

Quotas and limits among the files are in force before the rest, and count what the files hold.
Exit status: 0 all allowed, 1 something denied, 2 bad input.`,
    )
    .action(runCheck);
}

async function runCheck(files: readonly string[], flags: CheckFlags): Promise<void> {
  const reading = progressOf(process.stderr, "files read");
  const manifests = readManifests(files, readStandardInput, reading.show);
  reading.end();
  if (manifests.length === 0)
    throw new InputError(
      `${files.join(", ")}: no Kubernetes object found; expected YAML or JSON with apiVersion and kind`,
    );
  const groups = flags.asGroup.length === 0 && flags.as === "kubernetes-admin" ? ["system:masters"] : flags.asGroup;
  const chain = chainOptions(flags);
  for (const warning of deprecationWarnings(chain)) process.stderr.write(`sallyport: ${warning}\n`);
  const policies = readPolicies(flags.policy);
  const data = readData(flags.data);
  const rules = await rulesOf(policies, flags, data);
  if (flags.combine === true && rules.rules === undefined)
    throw new UsageError("--combine goes with --policy and --rego-namespace or --all-namespaces: it is their input");
  const format = flags.json === true ? "json" : flags.output;
  const progress = progressOf(process.stderr, "checked");
  const report = await checkManifests(manifests, {
    policies,
    ...(flags.data.length === 0 ? {} : { data }),
    ...rules,
    combine: flags.combine === true,
    ...(flags.externalData === true ? { externalData: externalDataSettings(flags) } : {}),
    brief: flags.verbose !== true && format !== "json",
    onChecked: progress.show,
    chain,
    user: { username: flags.as, groups: [...groups, "system:authenticated"] },
    namespace: flags.namespace,
  });
  progress.end();
  const output = outputs[format] as (typeof outputs)[string];
  process.stdout.write(output(withoutValues(report), flags.verbose === true));
  process.exitCode = statusOf(report, flags);
}

/** Compiled only where somebody asks for them. */
async function rulesOf(
  policies: readonly PolicySource[],
  flags: CheckFlags,
  data: JsonObject,
): Promise<{ readonly rules?: RegoRules }> {
  if (policies.length === 0) return {};
  const { RegoRules, unaskedPackages } = await import("../check/rego-rules.ts");
  const namespaces = flags.allNamespaces === true ? "all" : flags.regoNamespace;
  const unasked = unaskedPackages(policies, namespaces);
  if (unasked.length > 0)
    process.stderr.write(
      `sallyport: ${unasked.join(", ")}: a cluster asks kubernetes.admission alone; --rego-namespace ${unasked.join(",")} asks these, too\n`,
    );
  return namespaces === "all" || namespaces.length > 0 ? { rules: new RegoRules(policies, { namespaces, data }) } : {};
}

function readData(paths: readonly string[]): JsonObject {
  try {
    return loadPaths(paths, { ignore: ["*.rego"] }).data;
  } catch (error) {
    if (error instanceof LoadFault) throw new InputError(`--data: ${error.message.split("\n")[0]}`);
    throw error;
  }
}

function statusOf({ results }: CheckReport, { failOnWarn, fail }: CheckFlags): number {
  if (results.some(({ verdict }) => verdict === "invalid")) return exitCodes.badInput;
  if (!fail) return exitCodes.ok;
  const isWarned = failOnWarn === true && results.some(({ warnings }) => warnings.length > 0);
  return isWarned || results.some(({ verdict }) => verdict === "denied") ? exitCodes.denied : exitCodes.ok;
}
