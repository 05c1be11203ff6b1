import { Command } from "commander";
import { exitCodes } from "../../errors.ts";
import { progressOf } from "../../progress.ts";
import { encryptionOf } from "../../secrets/encryption-of.ts";
import { judgedObject } from "../../secrets/object-judgement.ts";
import { addStoreOptions, type StoreFlags, storedValues } from "../../secrets/stored-values.ts";

interface Flags extends StoreFlags {
  readonly encryptionProviderConfig: string;
  readonly json?: boolean;
}

/** What is wrong with one value. */
interface Fault {
  readonly key: string;
  readonly fault: string;
}

export function verifyCommand(): Command {
  return addStoreOptions(
    new Command("verify").description("open every object of a store, and see that it is the one its key names"),
  )
    .requiredOption("--encryption-provider-config <file>", "the EncryptionConfiguration of the servers on that store")
    .option("--json", "as JSON: checked, faults")
    .addHelpText(
      "after",
      `
Examples:
  sallyport secrets verify --encryption-provider-config encryption.yaml
  sallyport secrets verify --encryption-provider-config encryption.yaml --etcd-servers http://127.0.0.1:2379

Nothing is written, and no value is printed.

Exit status: 0 every object can be read, 1 some cannot, 2 bad usage, 3 no such store.`,
    )
    .action(async (flags: Flags) => {
      process.exitCode = await verify(flags);
    });
}

async function verify(flags: Flags): Promise<number> {
  const encryption = await encryptionOf(flags.encryptionProviderConfig);
  const faults: Fault[] = [];
  let checked = 0;
  const progress = progressOf(process.stderr, "values");
  try {
    for await (const { values, of } of storedValues(flags))
      for (const value of values) {
        const judgement = await judgedObject(value, encryption.rules);
        if (judgement.state === "unreadable") faults.push({ key: value.key, fault: judgement.fault });
        progress.show(++checked, of);
      }
  } finally {
    progress.end();
    encryption.close();
  }
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ checked, faults }, null, 2)}\n`);
  else
    process.stdout.write(
      `${[...faults.map(({ key, fault }) => `${key}: ${fault}`), `${checked} objects, ${faults.length} that cannot be read`].join("\n")}\n`,
    );
  return faults.length === 0 ? exitCodes.ok : exitCodes.denied;
}
