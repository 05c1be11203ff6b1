import { Command } from "commander";
import { exitCodes } from "../../errors.ts";
import { progressOf } from "../../progress.ts";
import { encryptionOf } from "../../secrets/encryption-of.ts";
import { type Rotated, rotate } from "../../secrets/rotation.ts";
import { addStoreOptions, openStoreToWrite, type StoreFlags, storedValues } from "../../secrets/stored-values.ts";

interface Flags extends StoreFlags {
  readonly encryptionProviderConfig: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

type Counts = { [name in Exclude<Rotated, object> | "failed"]: number };

export function rotateCommand(): Command {
  return addStoreOptions(
    new Command("rotate").description(
      "write what lies under another key than the first one anew; without --yes it only says what it would",
    ),
  )
    .requiredOption("--encryption-provider-config <file>", "the EncryptionConfiguration of all servers on that store")
    .option("--yes", "write")
    .option("--json", "as JSON: counts, faults")
    .addHelpText(
      "after",
      `
Examples:
  sallyport secrets rotate --encryption-provider-config encryption.yaml           what is stale
  sallyport secrets rotate --encryption-provider-config encryption.yaml --yes     in .sallyport, while no server runs on it
  sallyport secrets rotate --encryption-provider-config encryption.yaml --yes --etcd-servers https://127.0.0.1:2379 ...   while kube-apiservers run

Every server must know the new key before: add it behind the old one, restart or reload all, then make it the first.
Each object can be read at every moment, and a rotation that was interrupted goes on where it was when it is run again.

Exit status: 0 nothing is stale any more, 1 stale values are left, 2 bad usage, 3 no such store, or it cannot be written.`,
    )
    .action(async (flags: Flags) => {
      process.exitCode = await run(flags);
    });
}

async function run(flags: Flags): Promise<number> {
  const encryption = await encryptionOf(flags.encryptionProviderConfig);
  const counts: Counts = { current: 0, rewritten: 0, gone: 0, changed: 0, failed: 0 };
  const faults: string[] = [];
  const store = flags.yes === true ? await openStoreToWrite(flags) : undefined;
  const progress = progressOf(process.stderr, "values");
  let done = 0;
  // Without a store to write to, it is only told what would be.
  const target = store ?? { write: async () => ({ ok: true as const, revision: 0 }) };
  try {
    for await (const { values, of } of storedValues(flags, store))
      for (const value of values) {
        const result = await rotate(target, value, encryption);
        if (typeof result === "string") counts[result]++;
        else {
          counts.failed++;
          faults.push(`${value.key}: ${result.fault}`);
        }
        progress.show(++done, of);
      }
  } finally {
    progress.end();
    await store?.close();
    encryption.close();
  }
  say(flags, counts, faults);
  const left = counts.failed + (flags.yes === true ? 0 : counts.rewritten);
  return left === 0 ? exitCodes.ok : exitCodes.denied;
}

function say(flags: Flags, counts: Counts, faults: readonly string[]): void {
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify({ written: flags.yes === true, counts, faults }, null, 2)}\n`);
    return;
  }
  const verb = flags.yes === true ? "rewritten" : "stale, to be rewritten with --yes";
  const others = [
    ...(counts.changed > 0 ? [`${counts.changed} written by others meanwhile`] : []),
    ...(counts.gone > 0 ? [`${counts.gone} deleted meanwhile`] : []),
    ...(counts.failed > 0 ? [`${counts.failed} failed`] : []),
  ];
  const line = [`${counts.rewritten} ${verb}`, `${counts.current} as they should be`, ...others].join(", ");
  process.stdout.write(`${[...faults, line].join("\n")}\n`);
}
