import type { Store } from "@sallyport/apiserver";
import type { Encryption } from "@sallyport/secrets/encryption";
import { judgedObject } from "./object-judgement.ts";
import type { StoredObject } from "./stored-values.ts";

/** What became of a value. `gone` was deleted meanwhile, `changed` was written by somebody else, who used the keys of his server. */
export type Rotated = "current" | "rewritten" | "gone" | "changed" | { readonly fault: string };

/** A value that others write as well is tried so often. */
const maxAttempts = 5;

/**
 * Writes a value anew under the first provider and key when it is stale, only if nobody else has changed it: at each moment what lies there
 * can be opened. It is opened once more before it is written, so that a key that only seals destroys nothing.
 */
export async function rotate(
  store: Pick<Store, "write">,
  value: StoredObject,
  { rules }: Pick<Encryption, "rules">,
): Promise<Rotated> {
  let current: StoredObject = value;
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const judgement = await judgedObject(current, rules);
    if (judgement.state === "unreadable") return { fault: judgement.fault };
    if (judgement.state === "current") return attempt === 1 ? "current" : "changed";
    const sealed = await rules.transformerFor(value.group, value.resource).seal(judgement.value, value.key);
    const again = await judgedObject({ ...current, value: sealed }, rules);
    if (again.state !== "current" || !Buffer.from(judgement.value).equals(again.value))
      return { fault: "what was sealed anew could not be opened; it was not written" };
    const result = await store.write({ key: value.ownKey, expected: current.modRevision, value: sealed });
    if (result.ok) return "rewritten";
    if (result.current === undefined) return "gone";
    current = { ...current, value: result.current.value, modRevision: result.current.modRevision };
  }
  return { fault: "others change it all the time; run it again" };
}
