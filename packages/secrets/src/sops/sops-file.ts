import { createHash, type Hash, randomBytes } from "node:crypto";
import { dataKeyBytes, openDataKey, sealDataKey } from "./data-key.ts";
import { documentStore } from "./document-store.ts";
import { dotenvStore } from "./dotenv-store.ts";
import { isSealedValue, openValue, type PlainValue, placeOf, sealValue } from "./encrypted-value.ts";
import { type Metadata, metadataOf } from "./metadata.ts";
import { defaultSelection, type Selection, selector } from "./selection.ts";
import type { Slot, SopsStore } from "./slots.ts";
import { SopsError } from "./sops-error.ts";

export type SopsFormat = "yaml" | "json" | "dotenv";

/** The format of a file by its name, as sops has it; undefined for what it takes as binary. */
export function sopsFormatOf(file: string): SopsFormat | undefined {
  if (/\.ya?ml$/i.test(file)) return "yaml";
  if (/\.json$/i.test(file)) return "json";
  return /\.env$/i.test(file) ? "dotenv" : undefined;
}

/** Whether it has sops' metadata. */
export function isSopsText(text: string): boolean {
  return /^\s*"?sops"?\s*:/m.test(text) && /lastmodified/.test(text) ? true : /^sops_lastmodified=/m.test(text);
}

export interface SealingOptions {
  /** `age1…` */
  readonly recipients: readonly string[];
  readonly selection?: Selection;
  readonly macOnlyEncrypted?: boolean;
  readonly now: Date;
}

/** Which sops writes files so. */
const version = "3.9.0";

/** Seals the values of a file in clear. Throws `SopsError`. */
export async function sealSops(text: string, format: SopsFormat, options: SealingOptions): Promise<string> {
  const { recipients, selection = defaultSelection, macOnlyEncrypted = false, now } = options;
  const store = storeOf(text, format);
  if (store.metadata !== undefined) throw new SopsError("it is sealed already: it has sops' metadata");
  if (recipients.length === 0) throw new SopsError("nobody to seal it for: name recipients of age");
  const key = randomBytes(dataKeyBytes);
  const age = await sealDataKey(key, recipients);
  const lastmodified = now.toISOString().replace(/\.\d+Z$/, "Z");
  const mac = sealedSlots(store, key, selection, macOnlyEncrypted);
  return store.print({
    age,
    lastmodified,
    mac: sealValue({ type: "str", text: mac }, key, lastmodified),
    ...selection,
    ...(macOnlyEncrypted ? { mac_only_encrypted: true } : {}),
    version,
  });
}

function sealedSlots(store: SopsStore, key: Uint8Array, selection: Selection, macOnlyEncrypted: boolean): string {
  const isSelected = selector(selection);
  const hash = macOf(macOnlyEncrypted);
  for (const slot of store.slots()) {
    const value = slot.read();
    if (value === undefined) continue;
    const isChosen = isSelected(slot);
    if (!slot.isComment && (isChosen || !macOnlyEncrypted)) addTo(hash, value);
    if (isChosen)
      slot.write({ type: slot.isComment ? "comment" : "str", text: sealValue(value, key, placeOf(slot.path)) });
  }
  return hash.digest("hex").toUpperCase();
}

/** The file in clear. Nothing is answered unless each value and the MAC over all are right. Throws `SopsError`. */
export async function openSops(text: string, format: SopsFormat, identities: readonly string[]): Promise<string> {
  const store = storeOf(text, format);
  if (store.metadata === undefined) throw new SopsError("it is not sealed: it has no metadata of sops");
  const metadata = metadataOf(store.metadata);
  const key = await openDataKey(metadata.age, identities);
  const mac = openedSlots(store, key, metadata);
  if (mac !== storedMac(metadata, key))
    throw new SopsError("the MAC is another one: values were added, taken away or exchanged after it was sealed");
  return store.print(undefined);
}

function storedMac({ mac, lastmodified }: Metadata, key: Uint8Array): string {
  return named("sops.mac", () => openValue(mac, key, lastmodified)).text;
}

function openedSlots(store: SopsStore, key: Uint8Array, metadata: Metadata): string {
  const isSelected = selector(metadata);
  const hash = macOf(metadata.mac_only_encrypted);
  for (const slot of store.slots()) {
    const value = slot.read();
    if (value === undefined) continue;
    const isChosen = isSelected(slot);
    const opened = isChosen ? openedSlot(slot, value, key) : value;
    if (opened.type !== "comment" && (isChosen || !metadata.mac_only_encrypted)) addTo(hash, opened);
    if (isChosen) slot.write(opened);
  }
  return hash.digest("hex").toUpperCase();
}

function openedSlot(slot: Slot, value: PlainValue, key: Uint8Array): PlainValue {
  if (slot.isComment) return openedComment(slot, value, key);
  return named(slot.path.join("."), () => {
    if (value.type !== "str") throw new SopsError("expected ENC[AES256_GCM,…], found a value in clear");
    return openValue(value.text, key, placeOf(slot.path));
  });
}

/**
 * Comments have no place of their own: which map one belongs to is each reader's view of the blanks around it, so those around are
 * tried. One in clear stays: files of sops before 3.0 have some.
 */
function openedComment({ path }: Slot, { text }: PlainValue, key: Uint8Array): PlainValue {
  if (isSealedValue(text))
    for (let depth = path.length; depth >= 0; depth--)
      try {
        return { type: "comment", text: openValue(text, key, placeOf(path.slice(0, depth))).text };
      } catch (error) {
        if (!(error instanceof SopsError)) throw error;
      }
  return { type: "comment", text };
}

function named<T>(place: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof SopsError ? new SopsError(`${place}: ${error.message}`) : error;
  }
}

/** What a MAC over the encrypted values alone begins with, so that it is never one over all: SHA-256 of `sops`. */
const onlyEncrypted = createHash("sha256").update("sops").digest();

function macOf(macOnlyEncrypted: boolean): Hash {
  const hash = createHash("sha512");
  return macOnlyEncrypted ? hash.update(onlyEncrypted) : hash;
}

function addTo(hash: Hash, { type, text }: PlainValue): void {
  hash.update(text, type === "bytes" ? "latin1" : "utf8");
}

function storeOf(text: string, format: SopsFormat): SopsStore {
  return format === "dotenv" ? dotenvStore(text) : documentStore(text, format);
}
