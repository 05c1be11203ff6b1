import { readFileSync } from "node:fs";
import { deprecationWarnings } from "@sallyport/admission";
import { Command, Option } from "commander";
import { chainOptions } from "../admission-configuration.ts";
import { type CheckReport, checkManifests } from "../check/checker.ts";
import { outputs } from "../check/outputs/outputs.ts";
import { list } from "../comma-list.ts";
import { exitCodes } from "../errors.ts";
import { InputError, readManifests } from "../manifests.ts";
import { readPolicies } from "../policy-files.ts";

interface CheckFlags {
  readonly policy: readonly string[];
  readonly namespace: string;
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
  return new Command("check")
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
    .option("-n, --namespace <name>", "namespace of objects that name none", "default")
    .option("--as <user>", "who creates the objects", "kubernetes-admin")
    .option("--as-group <group>", "a group of that user; may be repeated", list, [])
    .option("--enable-admission-plugins <names>", "plugins to enable beside the default ones", list, [])
    .option("--disable-admission-plugins <names>", "default plugins to disable", list, [])
    .option(
      "--admission-control-config-file <file>",
      "an AdmissionConfiguration: PodSecurity's defaults and exemptions",
    )
    .option("--apiserver-manifest <file>", "a kube-apiserver's static pod manifest: its admission flags")
    .addOption(
      new Option("-o, --output <format>", "how the answers are told; stdout is text")
        .choices(Object.keys(outputs))
        .default("text"),
    )
    .option("--json", "the whole decisions as JSON: --output json")
    .option("--fail-on-warn", "status 1 also where there are only warnings")
    .option("--no-fail", "status 0 whatever was denied")
    .option("-v, --verbose", "every step of every decision")
    .addHelpText(
      "after",
      `
Examples:
  sallyport check pod.yaml
  sallyport check -p policies/ manifests/
  kustomize build . | sallyport check -
  sallyport check -o sarif deploy/ > check.sarif        also junit, github, azuredevops, tap, table
  sallyport check --json deploy/ | jq '.results[] | select(.verdict == "denied")'

Quotas and limits among the files are in force before the rest, and count what the files hold.
Exit status: 0 all allowed, 1 something denied, 2 bad input.`,
    )
    .action(runCheck);
}

async function runCheck(files: readonly string[], flags: CheckFlags): Promise<void> {
  const manifests = readManifests(files, () => readFileSync(0, "utf8"));
  if (manifests.length === 0)
    throw new InputError(
      `${files.join(", ")}: no Kubernetes object found; expected YAML or JSON with apiVersion and kind`,
    );
  const groups = flags.asGroup.length === 0 && flags.as === "kubernetes-admin" ? ["system:masters"] : flags.asGroup;
  const chain = chainOptions(flags);
  for (const warning of deprecationWarnings(chain)) process.stderr.write(`sallyport: ${warning}\n`);
  const report = await checkManifests(manifests, {
    policies: readPolicies(flags.policy),
    chain,
    user: { username: flags.as, groups: [...groups, "system:authenticated"] },
    namespace: flags.namespace,
  });
  const output = outputs[flags.json === true ? "json" : flags.output] as (typeof outputs)[string];
  process.stdout.write(output(report, flags.verbose === true));
  process.exitCode = statusOf(report, flags);
}

function statusOf({ results }: CheckReport, { failOnWarn, fail }: CheckFlags): number {
  if (results.some(({ verdict }) => verdict === "invalid")) return exitCodes.badInput;
  if (!fail) return exitCodes.ok;
  const isWarned = failOnWarn === true && results.some(({ warnings }) => warnings.length > 0);
  return isWarned || results.some(({ verdict }) => verdict === "denied") ? exitCodes.denied : exitCodes.ok;
}
