import { readFileSync } from "node:fs";
import { deprecationWarnings } from "@sallyport/admission";
import { Command } from "commander";
import { chainOptions } from "../admission-configuration.ts";
import { checkManifests } from "../check/checker.ts";
import { reportText } from "../check/report.ts";
import { list } from "../comma-list.ts";
import { exitCodes } from "../errors.ts";
import { InputError, readManifests } from "../manifests.ts";
import { readPolicies } from "../policy-files.ts";

interface CheckFlags {
  readonly policy: readonly string[];
  readonly namespace: string;
  readonly as: string;
  readonly asGroup: readonly string[];
  readonly json?: boolean;
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
    .option("--json", "the whole decisions as JSON")
    .option("-v, --verbose", "every step of every decision")
    .addHelpText(
      "after",
      `
Examples:
  sallyport check pod.yaml
  sallyport check -p policies/ manifests/
  kustomize build . | sallyport check -
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
  process.stdout.write(
    flags.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : reportText(report, flags.verbose === true),
  );
  const verdicts = new Set(report.results.map(({ verdict }) => verdict));
  process.exitCode = verdicts.has("invalid")
    ? exitCodes.badInput
    : verdicts.has("denied")
      ? exitCodes.denied
      : exitCodes.ok;
}
