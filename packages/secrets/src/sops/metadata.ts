import type { AgeKey } from "./data-key.ts";
import { type Selection, selectionFields } from "./selection.ts";
import { SopsError } from "./sops-error.ts";

/** What stands under `sops`, as far as age goes. https://github.com/getsops/sops#encryption-protocol */
export interface Metadata extends Selection {
  readonly age: readonly AgeKey[];
  /** RFC 3339. */
  readonly lastmodified: string;
  /** Encrypted: SHA-512 over all values, so that none can be taken away, added or exchanged. */
  readonly mac: string;
  readonly mac_only_encrypted: boolean;
}

type Fields = { readonly [field: string]: unknown };

/** Reads metadata of any store. Throws `SopsError`. */
export function metadataOf(value: unknown): Metadata {
  if (!isFields(value)) throw new SopsError("sops: expected a map");
  if (value["key_groups"] !== undefined)
    throw new SopsError("sops.key_groups: a data key in parts of several groups, which only sops itself puts together");
  const selection = Object.fromEntries(
    selectionFields.flatMap((field) => (value[field] === undefined ? [] : [[field, textOf(value, field)]])),
  );
  return {
    ...selection,
    age: ageKeysOf(value["age"] ?? []),
    lastmodified: textOf(value, "lastmodified"),
    mac: textOf(value, "mac"),
    mac_only_encrypted: String(value["mac_only_encrypted"] ?? "false") === "true",
  };
}

function ageKeysOf(value: unknown): readonly AgeKey[] {
  if (!Array.isArray(value)) throw new SopsError("sops.age: expected a list");
  return value.map((each: unknown, i) => {
    if (!isFields(each)) throw new SopsError(`sops.age[${i}]: expected a map`);
    return { recipient: textOf(each, "recipient"), enc: textOf(each, "enc") };
  });
}

function textOf(fields: Fields, field: string): string {
  const value = fields[field];
  if (typeof value === "string") return value;
  throw new SopsError(`sops.${field}: expected a text`);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
