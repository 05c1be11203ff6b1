import { SopsError } from "./sops-error.ts";

/** A data key sealed for one recipient, as the metadata holds it. */
export interface AgeKey {
  readonly recipient: string;
  /** An age file in its armor. */
  readonly enc: string;
}

/** The data key for each recipient, `age1…`. Throws `SopsError` for what is none. */
export async function sealDataKey(key: Uint8Array, recipients: readonly string[]): Promise<readonly AgeKey[]> {
  const { Encrypter, armor } = await import("age-encryption");
  return Promise.all(
    recipients.map(async (recipient) => {
      const encrypter = new Encrypter();
      try {
        encrypter.addRecipient(recipient);
      } catch {
        // Who has named the secret key by mistake does not want to see it in a log.
        const shown = recipient.startsWith("age1") ? recipient.slice(0, 80) : "one that is none";
        throw new SopsError(`${shown}: expected a recipient of age, age1…`);
      }
      return { recipient, enc: armor.encode(await encrypter.encrypt(key)) };
    }),
  );
}

/** Opens the data key with the first identity, `AGE-SECRET-KEY-1…`, that it was sealed for. Throws `SopsError`, which names the recipients. */
export async function openDataKey(sealed: readonly AgeKey[], identities: readonly string[]): Promise<Uint8Array> {
  const { Decrypter, armor } = await import("age-encryption");
  const decrypter = new Decrypter();
  for (const identity of identities)
    try {
      decrypter.addIdentity(identity);
    } catch {
      throw new SopsError("a key of age cannot be read: expected AGE-SECRET-KEY-1…");
    }
  for (const { enc } of sealed)
    try {
      const key = await decrypter.decrypt(armor.decode(enc.trim()));
      if (key.length === dataKeyBytes) return key;
    } catch {
      // For somebody else, or damaged: another recipient's may open.
    }
  throw new SopsError(
    `no key of age opens it: it is sealed for ${sealed.map(({ recipient }) => recipient).join(", ") || "nobody with one"}`,
  );
}

export const dataKeyBytes = 32;

/** The identities in a file of `age-keygen`, or in `SOPS_AGE_KEY`: a line each, with remarks behind `#`. */
export function identitiesOf(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}
