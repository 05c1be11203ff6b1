import { faultsText } from "@sallyport/kube";
import {
  type AuditFinding,
  auditConfiguration,
  Census,
  type CensusLine,
  type CensusObject,
  configurationFaults,
  type Encryption,
  sealOf,
} from "@sallyport/secrets/encryption";
import { Command } from "commander";
import { exitCodes, UsageError } from "../../errors.ts";
import { progressOf } from "../../progress.ts";
import { configurationOf, encryptionOf } from "../../secrets/encryption-of.ts";
import { judgedObject } from "../../secrets/object-judgement.ts";
import { addStoreOptions, type StoreFlags, storedValues } from "../../secrets/stored-values.ts";
import { paint } from "../../terminal.ts";

interface Flags extends StoreFlags {
  readonly encryptionProviderConfig?: string;
  readonly audit?: string;
  readonly all?: boolean;
  readonly objects?: boolean;
  readonly json?: boolean;
}

export function statusCommand(): Command {
  return addStoreOptions(
    new Command("status").description(
      "how objects lie in a store: under which provider and key, which are plaintext, stale or cannot be opened",
    ),
  )
    .option("--encryption-provider-config <file>", "judge by this EncryptionConfiguration, as a server opens values")
    .option("--audit <file>", "judge an EncryptionConfiguration itself, and look at no store")
    .option("-a, --all", "also resources that lie in plaintext and that no rule is about")
    .option("--objects", "each object too, by its key in the store")
    .option("--json", "as JSON: lines, stale, plaintext, unreadable, and objects with --objects; or findings")
    .addHelpText(
      "after",
      `
Examples:
  sallyport secrets status                                              of the store in .sallyport
  sallyport secrets status --encryption-provider-config encryption.yaml
  sallyport secrets status --etcd-servers https://127.0.0.1:2379 --etcd-cafile ca.crt --etcd-certfile c.crt --etcd-keyfile c.key
  sallyport secrets status --objects --encryption-provider-config encryption.yaml     which object lies under which key
  sallyport secrets status --audit encryption.yaml

Nothing is written, and no value is printed.

Exit status: 0 all is as it should be, 1 secrets in plaintext, stale or unreadable values, or a finding of high or medium severity, 2 bad usage, 3 no such store.`,
    )
    .action(async (flags: Flags) => {
      process.exitCode =
        flags.audit === undefined ? await status(flags) : await audit(flags.audit, flags.json === true);
    });
}

async function status(flags: Flags): Promise<number> {
  const file = flags.encryptionProviderConfig;
  const encryption = file === undefined ? undefined : await encryptionOf(file);
  try {
    const census = await censusOf(flags, encryption);
    const isShown = shownBy(encryption, flags.all === true);
    const [lines, objects] = [census.lines.filter(isShown), census.objects.filter(isShown)];
    const count = (isCounted: (line: CensusLine) => boolean) =>
      lines.filter(isCounted).reduce((sum, line) => sum + line.count, 0);
    const stale = count(({ state }) => state === "stale");
    const unreadable = count(({ state }) => state === "unreadable");
    const plaintext = count(({ resource, seal }) => resource === "secrets" && seal === "plaintext");
    const told = { lines, ...(flags.objects === true && { objects }), stale, plaintext, unreadable };
    if (flags.json === true) process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
    else process.stdout.write(`${objectsText(objects)}${statusText(lines, { stale, plaintext, unreadable })}`);
    return stale + unreadable + plaintext === 0 ? exitCodes.ok : exitCodes.denied;
  } finally {
    encryption?.close();
  }
}

async function censusOf(flags: Flags, encryption: Encryption | undefined): Promise<Census> {
  const census = new Census({ keepsObjects: flags.objects === true });
  const progress = progressOf(process.stderr, "values");
  let done = 0;
  for await (const { values, of } of storedValues(flags)) {
    for (const value of values) {
      if (encryption === undefined) census.add(value, await sealOf(value.value), "unknown");
      else {
        const judgement = await judgedObject(value, encryption.rules);
        census.add(
          value,
          judgement.seal,
          judgement.state,
          judgement.state === "unreadable" ? judgement.fault : undefined,
        );
      }
      progress.show(++done, of);
    }
  }
  progress.end();
  return census;
}

/** What no rule is about and lies in plaintext is how it should be, but for Secrets. */
function shownBy(
  encryption: Encryption | undefined,
  all: boolean,
): (line: Pick<CensusLine, "resource" | "seal">) => boolean {
  const covers = (name: string) => {
    const [resource = "", ...group] = name.split(".");
    return encryption?.rules.covers(group.join("."), resource) === true;
  };
  return ({ resource, seal }) => all || seal !== "plaintext" || resource === "secrets" || covers(resource);
}

/** A line for each, for `grep` and `cut`; an empty one behind them. */
function objectsText(objects: readonly CensusObject[]): string {
  const line = ({ key, seal, state, fault }: CensusObject) =>
    [key, seal, ...(state === "unknown" ? [] : [state]), ...(fault === undefined ? [] : [fault])].join("\t");
  return objects.length === 0 ? "" : `${objects.map(line).join("\n")}\n\n`;
}

function statusText(
  lines: readonly CensusLine[],
  { stale, plaintext, unreadable }: { readonly stale: number; readonly plaintext: number; readonly unreadable: number },
): string {
  if (lines.length === 0) return "no Secrets, and nothing that is encrypted\n";
  const rows = lines.map(({ resource, count, seal, state }) => [
    resource,
    String(count),
    seal,
    state === "unknown" ? "" : state,
  ]);
  const head = ["RESOURCE", "COUNT", "LIES AS", "STATE"];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] as string).length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd();
  const faults = lines.flatMap(({ example, fault }) => (fault === undefined ? [] : [`${example}: ${fault}`]));
  const bad = [
    ...(plaintext > 0 ? [`${plaintext} ${plaintext === 1 ? "Secret lies" : "Secrets lie"} in plaintext`] : []),
    ...(stale > 0
      ? [`${stale} ${stale === 1 ? "value is" : "values are"} stale: sallyport secrets rotate writes anew`]
      : []),
    ...(unreadable > 0 ? [`${unreadable} ${unreadable === 1 ? "value" : "values"} cannot be opened`] : []),
  ];
  const verdict = bad.length === 0 ? [paint("green", "all is as it should be")] : bad.map((each) => paint("red", each));
  return `${[line(head), ...rows.map(line), "", ...faults, ...verdict].join("\n")}\n`;
}

async function audit(file: string, asJson: boolean): Promise<number> {
  const { configuration, mode } = await configurationOf(file);
  const faults = configurationFaults(configuration, false);
  if (faults.length > 0) throw new UsageError(`${file}: ${faultsText(faults)}`);
  const findings = auditConfiguration(configuration, process.platform === "win32" ? undefined : { mode });
  if (asJson) process.stdout.write(`${JSON.stringify({ findings }, null, 2)}\n`);
  else
    process.stdout.write(
      findings.length === 0 ? `${file}: nothing to find fault with\n` : findings.map(findingText).join("\n"),
    );
  return findings.some(({ severity }) => severity !== "low") ? exitCodes.denied : exitCodes.ok;
}

function findingText({ severity, code, where, what, fix }: AuditFinding): string {
  const colour = severity === "high" ? "red" : severity === "medium" ? "yellow" : "dim";
  const place = where === "" ? "" : ` ${where}`;
  return `${paint(colour, severity)} ${code}${place}\n  ${what}\n  fix: ${fix}\n`;
}
