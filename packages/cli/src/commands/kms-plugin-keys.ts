import {
  KeyRingFile,
  ringSecretOf,
  SourceError,
  withCurrentKey,
  withNewKey,
  withoutKey,
  withRetiredKey,
} from "@sallyport/secrets/kms";
import { Command } from "commander";
import { InputError } from "../manifests.ts";

interface RingFlags {
  readonly keyRing: string;
  readonly passphraseFile?: string;
  readonly keyFile?: string;
}

type Ring = Awaited<ReturnType<KeyRingFile["read"]>>;

/** `sallyport kms-plugin keys`: what is done to a ring. */
export function keysCommand(): Command {
  const command = new Command("keys").description("the keys of a key ring").addHelpText(
    "after",
    `
Examples:
  head -c 32 /dev/urandom | base64 > passphrase; chmod 600 passphrase
  sallyport kms-plugin keys add --key-ring ring.json --passphrase-file passphrase
  sallyport kms-plugin keys list --key-ring ring.json --passphrase-file passphrase

Rotation where several API servers have plugins of their own: \`keys add --standby\`, copy the ring to all of them, then \`keys use ID\` and
copy it again; rewrite all that is stored; \`keys retire ID\` makes sure that nothing needs the old key, \`keys remove ID\` ends it.
Exit status: 0 done, 2 bad usage, files or keys, 3 the machine did not let us.`,
  );
  ring(command, "add", "make a key, and a ring where there is none; it seals from now on")
    .option("--standby", "it only opens, until `keys use`")
    .action((flags: RingFlags & { readonly standby?: boolean }) =>
      change(flags, (each) => withNewKey(each, new Date(), flags.standby === true)),
    );
  ring(command, "list", "the keys, oldest first")
    .option("--json", "as JSON")
    .action(async (flags: RingFlags & { readonly json?: boolean }) => {
      process.stdout.write(listed(await fileOf(flags).read().catch(asInput), flags.json === true));
    });
  edit(command, "use", "have a key seal from now on", withCurrentKey);
  edit(command, "retire", "have a key open nothing any more; it stays in the ring", (each, id) =>
    withRetiredKey(each, id, true),
  );
  edit(command, "restore", "take back `retire`", (each, id) => withRetiredKey(each, id, false));
  edit(command, "remove", "end a retired key: what it sealed is lost", withoutKey);
  return command;
}

function ring(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .exitOverride()
    .requiredOption("--key-ring <file>", "the ring")
    .option("--passphrase-file <file>", "what it is sealed under: a passphrase")
    .option("--key-file <file>", "or 32 bytes of randomness and more");
}

function edit(parent: Command, name: string, description: string, act: (ring: Ring, id: string) => Ring): void {
  ring(parent, name, description)
    .argument("<id>", "the key, as `keys list` names it")
    .action((id: string, flags: RingFlags) => change(flags, (each) => act(each, id)));
}

async function change(flags: RingFlags, act: (ring: Ring) => Ring): Promise<void> {
  process.stdout.write(listed(await fileOf(flags).change(act).catch(asInput), false));
}

function fileOf({ keyRing, passphraseFile, keyFile }: RingFlags): KeyRingFile {
  try {
    return new KeyRingFile(keyRing, ringSecretOf({ passphraseFile, keyFile }));
  } catch (error) {
    return asInput(error as Error);
  }
}

function asInput(error: Error): never {
  throw error instanceof SourceError ? new InputError(error.message) : error;
}

/** Nothing of a key itself. */
function listed({ current, keys }: Ring, asJson: boolean): string {
  const told = keys.map(({ id, createdAt, isRetired }) => {
    const state = id === current ? "current" : isRetired ? "retired" : "opens";
    return { id, createdAt, state };
  });
  if (asJson) return `${JSON.stringify(told, undefined, 2)}\n`;
  return told.map(({ id, createdAt, state }) => `${id}  ${state.padEnd(7)}  made ${createdAt}\n`).join("");
}
