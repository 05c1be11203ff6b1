import { readFileSync } from "node:fs";
import { type Scope, scopes } from "@sallyport/secrets";
import { Command, Option } from "commander";
import { list } from "../../comma-list.ts";
import { UsageError } from "../../errors.ts";
import { InputError, type Manifest, readManifests } from "../../manifests.ts";
import { type ObjectFormat, printedObjects } from "../../secrets/printed-objects.ts";
import { resealManifests, sealManifests } from "../../secrets/seal-manifests.ts";
import { privateKeysOfFiles, sealingKeyOfFile } from "../../secrets/sealing-key-files.ts";

interface Flags {
  readonly cert?: string;
  readonly scope?: Scope;
  readonly namespace?: string;
  readonly reEncrypt?: boolean;
  readonly key: readonly string[];
  readonly output: ObjectFormat;
}

export function sealCommand(): Command {
  return new Command("seal")
    .description("seal Secrets for a repository: as SealedSecrets that only their controller opens")
    .argument("[files...]", "manifests of Secrets; - or nothing for standard input")
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
    .addOption(new Option("-o, --output <format>", "of what is printed").choices(["yaml", "json"]).default("yaml"))
    .addHelpText(
      "after",
      `
Examples:
  kubectl create secret generic db --from-literal=password=… --dry-run=client -o yaml | sallyport secrets seal --cert cert.pem -n shop
  sallyport secrets seal --cert cert.pem --scope namespace-wide secret.yaml > sealed.yaml
  sallyport secrets seal --re-encrypt --key old-keys.yaml --cert new.pem sealed.yaml

A strict value opens under the name and namespace that it was sealed with, and nowhere else.
Exit status: 0 sealed, 2 bad input.`,
    )
    .action(run);
}

function run(files: readonly string[], flags: Flags): void {
  if (flags.cert === undefined) throw new UsageError("name the controller's certificate: --cert FILE");
  if (flags.reEncrypt === true && flags.scope !== undefined)
    throw new UsageError("--re-encrypt keeps the scope: leave out --scope");
  const manifests = readManifests(files.length === 0 ? ["-"] : files, () => readFileSync(0, "utf8"));
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
