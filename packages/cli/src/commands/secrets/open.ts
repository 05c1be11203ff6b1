import type { SopsFormat } from "@sallyport/secrets";
import { Command, Option } from "commander";
import { list } from "../../comma-list.ts";
import { UsageError } from "../../errors.ts";
import { InputError, parseManifests } from "../../manifests.ts";
import { type ObjectFormat, printedObjects } from "../../secrets/printed-objects.ts";
import { openManifests } from "../../secrets/seal-manifests.ts";
import { privateKeysOfFiles } from "../../secrets/sealing-key-files.ts";
import { openSopsText } from "../../secrets/sops-files.ts";
import { readTextFile } from "../../secrets/text-file.ts";

interface Flags {
  readonly key: readonly string[];
  readonly ageKey: readonly string[];
  readonly format?: SopsFormat;
  readonly output: ObjectFormat;
}

export function openCommand(): Command {
  return new Command("open")
    .description("print what is sealed in clear: the Secrets of SealedSecrets, and files of sops")
    .argument("[file]", "a file of SealedSecrets or of sops; - or nothing for standard input", "-")
    .option("--key <files>", "of SealedSecrets: private keys, PEM or manifests of the controller's keys", list, [])
    .option(
      "--age-key <files>",
      "of sops: files with AGE-SECRET-KEY-1…; default: SOPS_AGE_KEY, SOPS_AGE_KEY_FILE, ~/.config/sops/age/keys.txt",
      list,
      [],
    )
    .addOption(
      new Option("--format <format>", "of a file of sops; default: by its name").choices(["yaml", "json", "dotenv"]),
    )
    .addOption(new Option("-o, --output <format>", "of Secrets").choices(["yaml", "json"]).default("yaml"))
    .addHelpText(
      "after",
      `
Examples:
  kubectl -n kube-system get secret -l sealedsecrets.bitnami.com/sealed-secrets-key -o yaml > keys.yaml
  sallyport secrets open --key keys.yaml sealed.yaml
  sallyport secrets open --age-key keys.txt secret.enc.yaml | kubectl apply -f -

Each key is tried. Nothing is printed where one value does not open, or the MAC over a file of sops is another one.
Exit status: 0 opened, 2 bad input, or no key opens it.`,
    )
    .action(run);
}

async function run(file: string, flags: Flags): Promise<void> {
  const text = readTextFile(file);
  const opened = await openSopsText(file, text, flags.ageKey, flags.format);
  process.stdout.write(opened ?? openedSecrets(file, text, flags));
}

function openedSecrets(file: string, text: string, { key, output }: Flags): string {
  const manifests = parseManifests(file, text);
  if (manifests.length === 0) throw new InputError(`${file}: neither a SealedSecret nor sops' metadata there`);
  if (key.length === 0) throw new UsageError("SealedSecrets need the controller's keys: --key FILE");
  return printedObjects(openManifests(manifests, privateKeysOfFiles(key)), output);
}
