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

/** One value, and how it lies. */
export type CensusObject = Omit<CensusLine, "count" | "example"> & { readonly key: string };

/** Counts values by resource, seal and state; keeps each of them where they are asked for. */
export class Census {
  readonly #lines = new Map<string, CensusLine>();
  readonly #objects: CensusObject[] | undefined;

  constructor({ keepsObjects = false }: { readonly keepsObjects?: boolean } = {}) {
    this.#objects = keepsObjects ? [] : undefined;
  }

  add({ group, resource, key }: LyingValue, seal: Seal, state: CensusLine["state"], fault?: string): void {
    const name = group === "" ? resource : `${resource}.${group}`;
    const told = { resource: name, seal: sealText(seal), state, ...(fault !== undefined && { fault }) };
    this.#objects?.push({ key, ...told });
    const at = JSON.stringify([name, told.seal, state]);
    const known = this.#lines.get(at);
    if (known !== undefined) {
      known.count++;
      return;
    }
    this.#lines.set(at, { ...told, count: 1, example: key });
  }

  /** In the order in which they came; none where they are not kept. */
  get objects(): readonly CensusObject[] {
    return this.#objects ?? [];
  }

  /** By resource, then by seal. */
  get lines(): readonly CensusLine[] {
    const textOf = ({ resource, seal, state }: CensusLine) => `${resource} ${seal} ${state}`;
    return [...this.#lines.values()].sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
  }
}
