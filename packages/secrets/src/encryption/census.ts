import type { EncryptionRules } from "./rules.ts";
import { type Seal, sealOf, sealText } from "./seal-of.ts";
import { TransformError } from "./transformer.ts";

/** A value as it lies, and where. */
export interface LyingValue {
  /** In the store: `/registry/secrets/NAMESPACE/NAME`. */
  readonly key: string;
  readonly group: string;
  readonly resource: string;
  readonly value: Uint8Array;
}

/** What a value is by the rules in force. `unreadable` says why in `fault`; `value` is what it was opened to. */
export type Judgement =
  | { readonly state: "current" | "stale"; readonly seal: Seal; readonly value: Uint8Array }
  | { readonly state: "unreadable"; readonly seal: Seal; readonly fault: string };

/** Opens a value as a server would. Words of faults hold nothing of it. */
export async function judged({ key, group, resource, value }: LyingValue, rules: EncryptionRules): Promise<Judgement> {
  const seal = await sealOf(value);
  try {
    const opened = await rules.transformerFor(group, resource).open(value, key);
    return { state: opened.isStale ? "stale" : "current", seal, value: opened.value };
  } catch (error) {
    if (!(error instanceof TransformError)) throw error;
    return { state: "unreadable", seal, fault: error.message };
  }
}

/** Values of one resource that lie alike. */
export interface CensusLine {
  readonly resource: string;
  readonly seal: string;
  /** `unknown` where there are no rules to judge by. */
  readonly state: Judgement["state"] | "unknown";
  count: number;
  /** One of them. */
  readonly example: string;
  readonly fault?: string;
}

/** Counts values by resource, seal and state. */
export class Census {
  readonly #lines = new Map<string, CensusLine>();

  add({ group, resource, key }: LyingValue, seal: Seal, state: CensusLine["state"], fault?: string): void {
    const name = group === "" ? resource : `${resource}.${group}`;
    const at = JSON.stringify([name, sealText(seal), state]);
    const known = this.#lines.get(at);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const line = { resource: name, seal: sealText(seal), state, count: 1, example: key };
    this.#lines.set(at, fault === undefined ? line : { ...line, fault });
  }

  /** By resource, then by seal. */
  get lines(): readonly CensusLine[] {
    const textOf = ({ resource, seal, state }: CensusLine) => `${resource} ${seal} ${state}`;
    return [...this.#lines.values()].sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
  }
}
