import { type Confidence, confidences } from "@sallyport/secrets";
import { Command, Option } from "commander";
import { list } from "../../comma-list.ts";
import { exitCodes } from "../../errors.ts";
import { progressOf } from "../../progress.ts";
import { scanFiles } from "../../secrets/scan-files.ts";
import { scanOutputs } from "../../secrets/scan-outputs.ts";

interface Flags {
  readonly minConfidence: Confidence;
  readonly includeSecrets?: boolean;
  readonly rules?: string;
  readonly baseline?: string;
  readonly saltFile?: string;
  readonly exclude: readonly string[];
  readonly output: string;
  readonly json?: boolean;
}

export function scanCommand(): Command {
  return new Command("scan")
    .description("find secrets in manifests, charts' values and configuration: masked, never in clear")
    .argument("[files...]", "files, folders (recursively), or - for standard input; default: the current folder")
    .addOption(
      new Option("--min-confidence <confidence>", "what is shown, and ends with status 1")
        .choices([...confidences])
        .default("medium"),
    )
    .option("--include-secrets", "judge what Secrets hold as all else; without it, it is of confidence info")
    .option("--rules <file>", "rules of your own: rules of {id, description, pattern, names, confidence}, and allow")
    .option("--baseline <file>", "fingerprints of what is known, one a line; -o baseline prints them")
    .option("--salt-file <file>", "a secret salt of fingerprints: nobody else can try guesses on them")
    .option("--exclude <paths>", "files and folders to leave out", list, [])
    .addOption(new Option("-o, --output <format>", "how it is told").choices(Object.keys(scanOutputs)).default("text"))
    .option("--json", "--output json")
    .addHelpText(
      "after",
      `
Confidence:
  high    its format says it is a secret (a checksum, a key in PEM, a password in a URL), or its name and its randomness both do
  medium  its name does: password: correct-horse
  low     a placeholder (changeme), the hash of a password, a text that looks drawn at random
  info    it lies in a Secret's data, where secrets belong

Looked into: all fields, arguments and scripts, annotations (kubectl's last-applied-configuration too), comments, files within ConfigMaps
(.env, properties, INI, JSON, YAML, XML), base64 and gzip, Helm's releases. Passed by: $(VAR), \${VAR}, {{ … }}, vault:…, ENC[…],
SealedSecrets, digests and checksums, certificates and public keys.

Examples:
  sallyport secrets scan
  helm template chart/ | sallyport secrets scan -
  sallyport secrets scan -o baseline . > .secrets-baseline && sallyport secrets scan --baseline .secrets-baseline .
  sallyport secrets scan -o sarif deploy/ > secrets.sarif        also github, json, table
  sallyport secrets scan --include-secrets --min-confidence low backup.yaml

Exit status: 0 nothing found, 1 something found, 2 bad input.`,
    )
    .action(run);
}

function run(files: readonly string[], flags: Flags): void {
  const progress = progressOf(process.stderr, "files scanned");
  const { minConfidence, includeSecrets = false, rules, baseline, saltFile, exclude } = flags;
  const report = scanFiles(files.length === 0 ? ["."] : files, {
    minConfidence,
    includeSecrets,
    exclude,
    ...(rules === undefined ? {} : { rules }),
    ...(baseline === undefined ? {} : { baseline }),
    ...(saltFile === undefined ? {} : { saltFile }),
    onRead: progress.show,
  });
  progress.end();
  const output = scanOutputs[flags.json === true ? "json" : flags.output] as (typeof scanOutputs)[string];
  process.stdout.write(output(report, minConfidence));
  process.exitCode = report.findings.length === 0 ? exitCodes.ok : exitCodes.denied;
}
