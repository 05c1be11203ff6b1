import { createHash } from "node:crypto";
import { RemoteError } from "../../remote/remote.ts";

/** What PKCS#11 names something with; it means nothing outside its library. */
export type Handle = Buffer;

interface Attribute {
  readonly type: number;
  readonly value?: number | boolean | string | Buffer;
}

/** What we call of the package `pkcs11js`, which not everybody installs: it is compiled for the machine. */
export interface Pkcs11 {
  readonly load: (library: string) => void;
  readonly close: () => void;
  readonly C_Initialize: (options?: { readonly flags?: number }) => void;
  readonly C_Finalize: () => void;
  readonly C_GetSlotList: (withToken: boolean) => Handle[];
  readonly C_GetTokenInfo: (slot: Handle) => { readonly label: string };
  readonly C_OpenSession: (slot: Handle, flags: number) => Handle;
  readonly C_CloseSession: (session: Handle) => void;
  readonly C_Login: (session: Handle, user: number, pin: string) => void;
  readonly C_FindObjectsInit: (session: Handle, template: Attribute[]) => void;
  readonly C_FindObjects: (session: Handle, most: number) => Handle[];
  readonly C_FindObjectsFinal: (session: Handle) => void;
  readonly C_GetAttributeValue: (
    session: Handle,
    object: Handle,
    template: Attribute[],
  ) => { readonly value: Buffer }[];
  readonly C_EncryptInit: (session: Handle, mechanism: Mechanism, key: Handle) => void;
  readonly C_EncryptAsync: (session: Handle, data: Buffer, into: Buffer) => Promise<Buffer>;
  readonly C_DecryptInit: (session: Handle, mechanism: Mechanism, key: Handle) => void;
  readonly C_DecryptAsync: (session: Handle, data: Buffer, into: Buffer) => Promise<Buffer>;
}

interface Mechanism {
  readonly mechanism: number;
  readonly parameter: {
    readonly type: number;
    readonly iv: Buffer;
    readonly aad: Buffer;
    readonly ivBits: number;
    readonly tagBits: number;
  };
}

// Numbers of PKCS#11 v2.40. https://docs.oasis-open.org/pkcs11/pkcs11-base/v2.40/pkcs11-base-v2.40.html
const cka = { class: 0, token: 1, label: 3, keyType: 0x100, id: 0x102, valueLength: 0x161, extractable: 0x162 };
const [secretKey, aes, aesGcm] = [4, 0x1f, 0x1087];
const [osLocking, serialSession, user] = [2, 4, 1];

/** Of pkcs11js: which shape a parameter has. */
const gcmParameter = 3;

const tagBytes = 16;

/** A key of a token. `idHash` tells it from others of its label. */
export interface TokenKey {
  readonly handle: Handle;
  readonly idHash: string;
  readonly bits: number;
  readonly isExtractable: boolean;
}

/** A token, with its user logged in: calls of ours until it is closed are his. Its methods throw what the library says. */
export class Pkcs11Token {
  readonly #pkcs11: Pkcs11;
  readonly #slot: Handle;
  /** Who is logged in stays so while one session is open. */
  readonly #session: Handle;

  private constructor(pkcs11: Pkcs11, slot: Handle, session: Handle) {
    this.#pkcs11 = pkcs11;
    this.#slot = slot;
    this.#session = session;
  }

  /** Throws `RemoteError` where no token has that label, else what the library says. */
  static open(pkcs11: Pkcs11, label: string, pin: string): Pkcs11Token {
    ignoring("CKR_CRYPTOKI_ALREADY_INITIALIZED", () => pkcs11.C_Initialize({ flags: osLocking }));
    const slots = pkcs11.C_GetSlotList(true);
    const labels = slots.map((slot) => pkcs11.C_GetTokenInfo(slot).label.trim());
    const slot = slots[labels.indexOf(label)];
    if (slot === undefined) {
      pkcs11.C_Finalize();
      throw new RemoteError(
        `PKCS#11: no token ${label}; there ${labels.length === 0 ? "is none" : `are ${labels.join(", ")}`}`,
      );
    }
    const session = pkcs11.C_OpenSession(slot, serialSession);
    ignoring("CKR_USER_ALREADY_LOGGED_IN", () => pkcs11.C_Login(session, user, pin));
    return new Pkcs11Token(pkcs11, slot, session);
  }

  /** AES keys of a label. */
  keysOf(label: string): readonly TokenKey[] {
    const template = [
      { type: cka.class, value: secretKey },
      { type: cka.keyType, value: aes },
      { type: cka.token, value: true },
      { type: cka.label, value: label },
    ];
    this.#pkcs11.C_FindObjectsInit(this.#session, template);
    // Whoever has more keys of one label cannot tell them apart himself.
    const handles = this.#pkcs11.C_FindObjects(this.#session, 100);
    this.#pkcs11.C_FindObjectsFinal(this.#session);
    return handles.map((handle) => this.#described(handle));
  }

  #described(handle: Handle): TokenKey {
    const template = [cka.id, cka.valueLength, cka.extractable].map((type) => ({ type }));
    const [id, length, extractable] = this.#pkcs11.C_GetAttributeValue(this.#session, handle, template);
    return {
      handle,
      idHash: createHash("sha256")
        .update(id?.value ?? "")
        .digest("hex")
        .slice(0, 16),
      bits: 8 * (length?.value.readUIntLE(0, 4) ?? 0),
      isExtractable: extractable?.value[0] !== 0,
    };
  }

  /** Ciphertext and tag. */
  encrypt(key: TokenKey, nonce: Buffer, aad: Buffer, data: Buffer): Promise<Buffer> {
    return this.#within(async (session) => {
      this.#pkcs11.C_EncryptInit(session, mechanismOf(nonce, aad), key.handle);
      return this.#pkcs11.C_EncryptAsync(session, data, Buffer.alloc(data.length + tagBytes));
    });
  }

  decrypt(key: TokenKey, nonce: Buffer, aad: Buffer, data: Buffer): Promise<Buffer> {
    return this.#within(async (session) => {
      this.#pkcs11.C_DecryptInit(session, mechanismOf(nonce, aad), key.handle);
      return this.#pkcs11.C_DecryptAsync(session, data, Buffer.alloc(data.length));
    });
  }

  /** A session has one operation at a time. */
  async #within<Answer>(act: (session: Handle) => Promise<Answer>): Promise<Answer> {
    const session = this.#pkcs11.C_OpenSession(this.#slot, serialSession);
    try {
      return await act(session);
    } finally {
      ignoring(/^CKR_/, () => this.#pkcs11.C_CloseSession(session));
    }
  }

  close(): void {
    ignoring(/^CKR_/, () => this.#pkcs11.C_Finalize());
  }
}

function mechanismOf(iv: Buffer, aad: Buffer): Mechanism {
  const parameter = { type: gcmParameter, iv, aad, ivBits: 8 * iv.length, tagBits: 8 * tagBytes };
  return { mechanism: aesGcm, parameter };
}

function ignoring(fault: string | RegExp, act: () => void): void {
  try {
    act();
  } catch (error) {
    const { message } = error as Error;
    if (typeof fault === "string" ? !message.startsWith(fault) : !fault.test(message)) throw error;
  }
}
