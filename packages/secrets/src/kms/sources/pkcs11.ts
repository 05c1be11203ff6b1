import { createHash, randomBytes } from "node:crypto";
import { readPrivateText } from "../../private-file.ts";
import { RemoteError } from "../../remote/remote.ts";
import type { KeySource, SealedKey } from "../key-source.ts";
import { KmsError } from "../service.ts";
import { type Pkcs11, Pkcs11Token, type TokenKey } from "./pkcs11-token.ts";

export interface Pkcs11Options {
  /** Has its library loaded. */
  readonly pkcs11: Pkcs11;
  /** The token's label. */
  readonly token: string;
  /** Label of the AES-256 key that seals; what keys of other labels sealed is opened by them. */
  readonly key: string;
  readonly pinFile: string;
  readonly timeoutMs: number;
}

const nonceBytes = 12;
const tagBytes = 16;

/**
 * An AES-256 key of a hardware security module, by AES-GCM within it. Its id is its label and a hash of its CKA_ID: another label is a
 * rotation. Calls go one after the other; one that fails has the token opened anew with the next.
 */
export class Pkcs11Source implements KeySource {
  readonly #options: Pkcs11Options;
  #token: Pkcs11Token | undefined;
  /** A hash: a token locks itself after some wrong ones, so each is tried once. */
  #refusedPin: string | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: Pkcs11Options) {
    this.#options = options;
  }

  currentKeyId(): Promise<string> {
    return this.#next(async (token) => this.#idOf(this.#current(token)));
  }

  seal(plaintext: Uint8Array): Promise<SealedKey> {
    return this.#next(async (token) => {
      const key = this.#current(token);
      const [keyId, nonce] = [this.#idOf(key), randomBytes(nonceBytes)];
      const sealed = await token.encrypt(key, nonce, Buffer.from(keyId), Buffer.from(plaintext));
      return { ciphertext: Buffer.concat([nonce, sealed]), keyId, annotations: new Map() };
    });
  }

  open({ ciphertext, keyId }: SealedKey): Promise<Uint8Array> {
    return this.#next(async (token) => {
      const [, label, idHash] = /^(.+):([0-9a-f]{16})$/s.exec(keyId) ?? [];
      const key = label === undefined ? undefined : token.keysOf(label).find((each) => each.idHash === idHash);
      if (key === undefined) throw new KmsError(`no key ${keyId} on token ${this.#options.token}`);
      const bytes = Buffer.from(ciphertext);
      if (bytes.length < nonceBytes + tagBytes) throw new KmsError(`key ${keyId} did not seal this: it is too short`);
      const [nonce, sealed] = [bytes.subarray(0, nonceBytes), bytes.subarray(nonceBytes)];
      return token.decrypt(key, nonce, Buffer.from(keyId), sealed);
    });
  }

  close(): void {
    this.#token?.close();
    this.#token = undefined;
  }

  #idOf({ idHash }: TokenKey): string {
    return `${this.#options.key}:${idHash}`;
  }

  #current(token: Pkcs11Token): TokenKey {
    const { key: label, token: where } = this.#options;
    const [key, ...more] = token.keysOf(label);
    if (key === undefined) throw new RemoteError(`PKCS#11: no AES key ${label} on token ${where}`);
    if (more.length > 0)
      throw new RemoteError(`PKCS#11: ${more.length + 1} keys ${label} on token ${where}; expected one`);
    if (key.bits !== 256) throw new RemoteError(`PKCS#11: key ${label} has ${key.bits} bits; expected 256`);
    if (key.isExtractable)
      throw new RemoteError(`PKCS#11: key ${label} can be taken out; expected CKA_EXTRACTABLE false`);
    return key;
  }

  async #next<Answer>(act: (token: Pkcs11Token) => Promise<Answer>): Promise<Answer> {
    const turn = this.#last.then(() => this.#do(act));
    this.#last = turn.catch(() => {});
    const { timeoutMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new KmsError(`PKCS#11: no answer in ${timeoutMs} ms`)), timeoutMs);
    });
    return Promise.race([turn, late]).finally(() => clearTimeout(timer));
  }

  async #do<Answer>(act: (token: Pkcs11Token) => Promise<Answer>): Promise<Answer> {
    try {
      this.#token ??= await this.#login();
      return await act(this.#token);
    } catch (error) {
      if (error instanceof KmsError) throw error;
      this.close();
      const { name, message } = error as Error;
      if (name !== "Pkcs11Error" && name !== "NativeError") throw error;
      throw new KmsError(`PKCS#11: ${message.split("\n")[0]}`, { cause: error });
    }
  }

  async #login(): Promise<Pkcs11Token> {
    const { pkcs11, token, pinFile } = this.#options;
    const pin = await readPrivateText(pinFile);
    const hash = createHash("sha256").update(pin).digest("hex");
    if (hash === this.#refusedPin)
      throw new RemoteError(`PKCS#11: token ${token} refused the PIN of ${pinFile}; another one is awaited there`);
    try {
      return Pkcs11Token.open(pkcs11, token, pin);
    } catch (error) {
      if (!(error instanceof RemoteError)) ignoreFaults(() => pkcs11.C_Finalize());
      if (/^CKR_PIN_/.test((error as Error).message)) this.#refusedPin = hash;
      throw error;
    }
  }
}

/** The fault that led here is the one to tell. */
function ignoreFaults(act: () => void): void {
  try {
    act();
  } catch {}
}
