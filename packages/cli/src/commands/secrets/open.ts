import { Command, Option } from "commander";
import { list } from "../../comma-list.ts";
import { UsageError } from "../../errors.ts";
import { InputError, parseManifests } from "../../manifests.ts";
import { type ObjectFormat, printedObjects } from "../../secrets/printed-objects.ts";
import { openManifests } from "../../secrets/seal-manifests.ts";
import { privateKeysOfFiles } from "../../secrets/sealing-key-files.ts";
import { readTextFile } from "../../secrets/text-file.ts";

interface Flags {
  readonly key: readonly string[];
  readonly output: ObjectFormat;
}

export function openCommand(): Command {
  return new Command("open")
    .description("print what is sealed in clear: the Secrets of SealedSecrets")
    .argument("[file]", "a file of SealedSecrets; - or nothing for standard input", "-")
    .option("--key <files>", "private keys: PEM, or manifests of the controller's keys; each is tried", list, [])
    .addOption(new Option("-o, --output <format>", "of what is printed").choices(["yaml", "json"]).default("yaml"))
    .addHelpText(
      "after",
      `
Examples:
  kubectl -n kube-system get secret -l sealedsecrets.bitnami.com/sealed-secrets-key -o yaml > keys.yaml
  sallyport secrets open --key keys.yaml sealed.yaml

Nothing is printed where one value does not open.
Exit status: 0 opened, 2 bad input, or no key opens it.`,
    )
    .action(run);
}

function run(file: string, flags: Flags): void {
  const manifests = parseManifests(file, readTextFile(file));
  if (manifests.length === 0) throw new InputError(`${file}: no SealedSecret there`);
  if (flags.key.length === 0) throw new UsageError("SealedSecrets need the controller's keys: --key FILE");
  process.stdout.write(printedObjects(openManifests(manifests, privateKeysOfFiles(flags.key)), flags.output));
}
