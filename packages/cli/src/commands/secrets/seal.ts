import { type Scope, type Selection, type SopsFormat, scopes } from "@sallyport/secrets";
import { Command, Option } from "commander";
import { list } from "../../comma-list.ts";
import { UsageError } from "../../errors.ts";
import { InputError, type Manifest, readManifests } from "../../manifests.ts";
import { type ObjectFormat, printedObjects } from "../../secrets/printed-objects.ts";
import { resealManifests, sealManifests } from "../../secrets/seal-manifests.ts";
import { privateKeysOfFiles, sealingKeyOfFile } from "../../secrets/sealing-key-files.ts";
import { replaceFile, sealSopsFile } from "../../secrets/sops-files.ts";
import { readStandardInput } from "../../standard-input.ts";

interface Flags {
  readonly cert?: string;
  readonly scope?: Scope;
  readonly namespace?: string;
  readonly reEncrypt?: boolean;
  readonly key: readonly string[];
  readonly output: ObjectFormat;
  readonly sops?: boolean;
  readonly age: readonly string[];
  readonly encryptedRegex?: string;
  readonly unencryptedRegex?: string;
  readonly encryptedSuffix?: string;
  readonly unencryptedSuffix?: string;
  readonly macOnlyEncrypted?: boolean;
  readonly format?: SopsFormat;
  readonly inPlace?: boolean;
}

export function sealCommand(): Command {
  return new Command("seal")
    .description(
      "seal Secrets for a repository: as SealedSecrets that only their controller opens, or as files of sops",
    )
    .argument("[files...]", "manifests of Secrets, with --sops one file; - or nothing for standard input")
    .option("--cert <file>", "the controller's certificate, as `kubeseal --fetch-cert` prints it, or its key's Secret")
    .addOption(
      new Option(
        "--scope <scope>",
        "where it may be opened; default: as the Secret's annotations sealedsecrets.bitnami.com/… say, else strict",
      ).choices(scopes),
    )
    .option("-n, --namespace <name>", "namespace of Secrets that name none")
    .option("--re-encrypt", "seal SealedSecrets again, for a newer certificate; needs --key")
    .option(
      "--key <files>",
      "private keys of the old certificates: PEM, or manifests of the controller's keys",
      list,
      [],
    )
    .addOption(new Option("-o, --output <format>", "of SealedSecrets").choices(["yaml", "json"]).default("yaml"))
    .option("--sops", "seal the values of a file of YAML, JSON or NAME=value as sops does")
    .option("--age <recipients>", "whose keys open it, age1…; default: as .sops.yaml says", list, [])
    .option("--encrypted-regex <pattern>", "seal only what lies below keys that it matches (RE2)")
    .option("--unencrypted-regex <pattern>", "leave what lies below keys that it matches in clear")
    .option("--encrypted-suffix <suffix>", "seal only what lies below keys that end so")
    .option("--unencrypted-suffix <suffix>", "leave what lies below keys that end so in clear; default: _unencrypted")
    .option("--mac-only-encrypted", "let values in clear be changed later: the MAC is over sealed ones alone")
    .addOption(new Option("--format <format>", "of the file; default: by its name").choices(["yaml", "json", "dotenv"]))
    .option("-i, --in-place", "replace the file")
    .addHelpText(
      "after",
      `
Examples:
  kubectl create secret generic db --from-literal=password=… --dry-run=client -o yaml | sallyport secrets seal --cert cert.pem -n shop
  sallyport secrets seal --cert cert.pem --scope namespace-wide secret.yaml > sealed.yaml
  sallyport secrets seal --re-encrypt --key old-keys.yaml --cert new.pem sealed.yaml
  sallyport secrets seal --sops --age age1… --encrypted-regex '^(data|stringData)$' secret.yaml > secret.enc.yaml
  sallyport secrets seal --sops -i prod.env        with the recipients of .sops.yaml

A strict value opens under the name and namespace that it was sealed with, and nowhere else.
Exit status: 0 sealed, 2 bad input.`,
    )
    .action(run);
}

async function run(files: readonly string[], flags: Flags): Promise<void> {
  if (flags.sops === true) return sealWithSops(files, flags);
  if (flags.cert === undefined) throw new UsageError("name the controller's certificate: --cert FILE; or --sops");
  if (flags.reEncrypt === true && flags.scope !== undefined)
    throw new UsageError("--re-encrypt keeps the scope: leave out --scope");
  const manifests = readManifests(files.length === 0 ? ["-"] : files, readStandardInput);
  if (manifests.length === 0) throw new InputError(`${files.join(", ") || "-"}: no Secret there`);
  process.stdout.write(printedObjects(sealed(manifests, flags.cert, flags), flags.output));
}

function sealed(manifests: readonly Manifest[], cert: string, flags: Flags): readonly object[] {
  const publicKey = sealingKeyOfFile(cert, new Date());
  if (flags.reEncrypt !== true) {
    const { scope, namespace } = flags;
    const sealing = { publicKey, ...(scope === undefined ? {} : { scope }) };
    return sealManifests(manifests, namespace === undefined ? sealing : { ...sealing, namespace });
  }
  if (flags.key.length === 0) throw new UsageError("--re-encrypt opens what was sealed first: name its keys by --key");
  return resealManifests(manifests, privateKeysOfFiles(flags.key), publicKey);
}

async function sealWithSops(files: readonly string[], flags: Flags): Promise<void> {
  const [file = "-", ...others] = files;
  if (others.length > 0) throw new UsageError("--sops seals one file at a time");
  if (flags.inPlace === true && file === "-") throw new UsageError("--in-place replaces a file: name one");
  const { age, format, macOnlyEncrypted } = flags;
  const selection = selectionOf(flags);
  const text = await sealSopsFile(file, {
    recipients: age,
    ...(selection === undefined ? {} : { selection }),
    ...(format === undefined ? {} : { format }),
    ...(macOnlyEncrypted === undefined ? {} : { macOnlyEncrypted }),
  });
  if (flags.inPlace === true) replaceFile(file, text);
  else process.stdout.write(text);
}

function selectionOf(flags: Flags): Selection | undefined {
  const { encryptedRegex, unencryptedRegex, encryptedSuffix, unencryptedSuffix } = flags;
  const selection: Selection = {
    ...(encryptedRegex === undefined ? {} : { encrypted_regex: encryptedRegex }),
    ...(unencryptedRegex === undefined ? {} : { unencrypted_regex: unencryptedRegex }),
    ...(encryptedSuffix === undefined ? {} : { encrypted_suffix: encryptedSuffix }),
    ...(unencryptedSuffix === undefined ? {} : { unencrypted_suffix: unencryptedSuffix }),
  };
  return Object.keys(selection).length === 0 ? undefined : selection;
}
