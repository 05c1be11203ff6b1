import { decodeStored } from "@sallyport/apiserver";
import { type EncryptionRules, type Judgement, judged } from "@sallyport/secrets/encryption";
import type { StoredObject } from "./stored-values.ts";

/**
 * What a value is by the rules in force, where what it was opened to is the object that its key names, as a server would find. AES-CBC
 * authenticates nothing: with another key, one value in some 250 opens to anything, and would be sealed anew as such.
 */
export async function judgedObject(value: StoredObject, rules: EncryptionRules): Promise<Judgement> {
  const judgement = await judged(value, rules);
  if (judgement.state === "unreadable") return judgement;
  const fault = objectFault(value, judgement.value);
  return fault === undefined ? judgement : { state: "unreadable", seal: judgement.seal, fault };
}

/** A fault of the parser might quote what was opened. */
function objectFault({ ownKey, modRevision }: StoredObject, value: Uint8Array): string | undefined {
  try {
    const { namespace, name = "" } = decodeStored({ value, modRevision }).metadata;
    const own = namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;
    return ownKey.endsWith(`/${own}`) ? undefined : "it says that it is another object";
  } catch {
    return "what was opened is no object";
  }
}
