import { randomBytes } from "node:crypto";
import { aesgcm } from "../encryption/aesgcm.ts";
import type { KeySource } from "./key-source.ts";
import { KmsError } from "./service.ts";

/** Keys in memory, that tests change, break and count. */
export class TestKeys implements KeySource {
  readonly #keys = new Map([["one", randomBytes(32)]]);
  #current = "one";
  /** Thrown by whatever is asked, when set. */
  fault: string | undefined;
  calls: string[] = [];

  async currentKeyId(): Promise<string> {
    this.#call("status");
    return this.#current;
  }

  async seal(plaintext: Uint8Array): ReturnType<KeySource["seal"]> {
    this.#call("seal");
    const ciphertext = aesgcm(this.#keys.get(this.#current) as Uint8Array).seal(plaintext, "");
    return {
      ciphertext,
      keyId: this.#current,
      annotations: new Map([["key.example.com", Buffer.from(this.#current)]]),
    };
  }

  async open({ ciphertext, keyId }: Parameters<KeySource["open"]>[0]): Promise<Uint8Array> {
    this.#call("open");
    const key = this.#keys.get(keyId);
    if (key === undefined) throw new KmsError(`no key ${keyId}`);
    return aesgcm(key).open(ciphertext, "").value;
  }

  close(): void {}

  rotate(name: string): void {
    this.#keys.set(name, randomBytes(32));
    this.#current = name;
  }

  forget(name: string): void {
    this.#keys.delete(name);
  }

  #call(name: string): void {
    this.calls.push(name);
    if (this.fault !== undefined) throw new KmsError(this.fault);
  }
}
