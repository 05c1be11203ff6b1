import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { SopsError } from "./sops-error.ts";

export type PlainType = "str" | "int" | "float" | "bool" | "bytes" | "time" | "comment";

/** A value in clear, in the text that sops encrypts and authenticates: `True`, `1.5`, `2026-01-02T00:00:00Z`. */
export interface PlainValue {
  readonly type: PlainType;
  readonly text: string;
}

const types: readonly string[] = ["str", "int", "float", "bool", "bytes", "time", "comment"];

/** sops' own size, where GCM's is 12. */
const ivBytes = 32;

const form = /^ENC\[AES256_GCM,data:([A-Za-z0-9+/=]+),iv:([A-Za-z0-9+/=]+),tag:([A-Za-z0-9+/=]+),type:([a-z]+)\]$/;

/** `ENC[…]` of a value; of an empty text nothing, as sops has it. `place` is authenticated with it. */
export function sealValue({ type, text }: PlainValue, key: Uint8Array, place: string): string {
  if (text === "" && (type === "str" || type === "comment" || type === "bytes")) return "";
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(place));
  const data = Buffer.concat([cipher.update(text, type === "bytes" ? "latin1" : "utf8"), cipher.final()]);
  const [told, tag] = [data, cipher.getAuthTag()].map((bytes) => bytes.toString("base64"));
  return `ENC[AES256_GCM,data:${told},iv:${iv.toString("base64")},tag:${tag},type:${type}]`;
}

export function isSealedValue(text: string): boolean {
  return form.test(text);
}

/** Throws `SopsError` without a word of the value: for another key, another place, a changed text, and what is no `ENC[…]`. */
export function openValue(sealed: string, key: Uint8Array, place: string): PlainValue {
  if (sealed === "") return { type: "str", text: "" };
  const [, data = "", iv = "", tag = "", type = ""] = form.exec(sealed) ?? [];
  if (data === "") throw new SopsError("expected ENC[AES256_GCM,…], found a value in clear");
  if (!types.includes(type)) throw new SopsError(`unknown type ${type}`);
  const [dataBytes, ivBuffer, tagBytes] = [data, iv, tag].map((each) => Buffer.from(each, "base64")) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  return {
    type: type as PlainType,
    text: decrypted(dataBytes, ivBuffer, tagBytes, key, place).toString(type === "bytes" ? "latin1" : "utf8"),
  };
}

/** A shorter tag is easier to make up. */
const tagBytes = 16;

function decrypted(data: Buffer, iv: Buffer, tag: Buffer, key: Uint8Array, place: string): Buffer {
  if (tag.length !== tagBytes) throw new SopsError("its tag is cut off");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(place)).setAuthTag(tag);
    return Buffer.concat([decipher.update(data), decipher.final()]);
  } catch {
    throw new SopsError("it does not open: it was changed, moved, or sealed with another data key");
  }
}

/** The place of a value: the names above it and its own. Lists have none. */
export function placeOf(path: readonly string[]): string {
  return `${path.join(":")}:`;
}
