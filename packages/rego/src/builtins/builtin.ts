import type { TypeName, Value } from "../value/value.ts";
import type { BuiltinSignature } from "./capabilities.ts";
import type { AsynchronousEffects, HttpAnswer, HttpCache, HttpRequest, LookupAnswer } from "./network.ts";

/**
 * What a builtin may know of the world. Everything here is passed in by the room that embeds the engine; a builtin
 * without a needed effect fails with a clear `BuiltinError`.
 */
export interface Effects {
  /** Wall clock, nanoseconds since the epoch; read once per query so that time.now_ns is constant within it. */
  readonly nowNs: bigint;
  /** Uniform bytes. */
  readonly randomBytes: (size: number) => Uint8Array;
  readonly env: { readonly [name: string]: string };
  readonly crypto?: CryptoEffects;
  /** Is told where the call stands, too. */
  readonly print?: (message: string, place: CallPlace) => void;
  /** The text of a file with certificates or keys that `http.send` names. Throws `BuiltinError` in Go's words. */
  readonly readFile?: (path: string) => string;
  /** For trace() notes. */
  readonly note?: (message: string) => void;
  /** A case of a test begins: its name, and those of the cases around it. */
  readonly testCase?: (path: readonly Value[]) => void;
  /** What opa.runtime() answers; the environment unless given. */
  readonly runtime?: Value;
  /** Hosts that builtins may reach, as OPA's capability `allow_net`; all unless given. */
  readonly allowNet?: readonly string[];
  /** Answers that are there at once. `evaluateAsync` and `queryAsync` make these of `asynchronous`. */
  readonly fetch?: (request: HttpRequest) => HttpAnswer;
  readonly lookup?: (host: string) => LookupAnswer;
  /** Used by `evaluateAsync` and `queryAsync` only. */
  readonly asynchronous?: AsynchronousEffects;
  readonly httpCache?: HttpCache;
  /** Is told what each builtin has answered that might answer otherwise next time. */
  readonly record?: (name: string, args: readonly Value[], answer: Value) => void;
}

/** Where a call stands; without a file's name in what is only asked. */
export interface CallPlace {
  readonly file: string | undefined;
  readonly row: number;
  readonly col: number;
}

/** Cryptography that Rego's builtins need, synchronous. Implemented over node:crypto outside this room. */
export interface CryptoEffects {
  readonly hash: (algorithm: "md5" | "sha1" | "sha256" | "sha384" | "sha512", data: Uint8Array) => Uint8Array;
  readonly hmac: (
    algorithm: "md5" | "sha1" | "sha256" | "sha384" | "sha512",
    key: Uint8Array,
    data: Uint8Array,
  ) => Uint8Array;
  /** `key` is PEM or JWK; `algorithm` a JWS name (RS256, PS384, ES512, EdDSA…). */
  readonly verify: (algorithm: string, key: SigningKey, data: Uint8Array, signature: Uint8Array) => boolean;
  readonly sign: (algorithm: string, key: SigningKey, data: Uint8Array) => Uint8Array;
  /** A signature as certificates have it: `key` is a DER SubjectPublicKeyInfo, an ECDSA signature DER. */
  readonly verifyCertificate: (
    scheme: SignatureScheme,
    key: Uint8Array,
    data: Uint8Array,
    signature: Uint8Array,
  ) => boolean;
  /** The public key of a private one: a point with both coordinates, or the 32 bytes of Ed25519 and X25519. Undefined for no such key. */
  readonly publicKey: (curve: CurveName | "Ed25519" | "X25519", secret: Uint8Array) => Uint8Array | undefined;
}

/** How a certificate may be signed; Ed25519 needs no hash. */
export interface SignatureScheme {
  readonly family: "RSA" | "RSA-PSS" | "ECDSA" | "Ed25519";
  readonly hash: "sha256" | "sha384" | "sha512" | undefined;
}

export type CurveName = "P-224" | "P-256" | "P-384" | "P-521";

export type SigningKey = { readonly pem: string } | { readonly jwk: { readonly [field: string]: unknown } };

/** State that lives as long as one query: caches and the like, keyed by builtin name. */
export interface QueryState {
  readonly effects: Effects;
  /** Builtins keep per-query memory here (uuid per key, rand per key, compiled patterns). */
  readonly cache: Map<string, unknown>;
}

/**
 * A builtin that could not answer. Without strict errors the call is undefined; with them the query fails with
 * `code` and `${name}: ${message}`, as OPA words it.
 */
export class BuiltinError extends Error {
  /** `eval_type_error` for operands of a wrong type, else `eval_builtin_error`. */
  readonly code: "eval_builtin_error" | "eval_type_error";

  constructor(message: string, code: "eval_builtin_error" | "eval_type_error" = "eval_builtin_error") {
    super(message);
    this.name = "BuiltinError";
    this.code = code;
  }
}

/** OPA's wording: `operand 1 must be string but got number`. `position` counts from 1. */
export function operandTypeError(position: number, wanted: string | readonly string[], got: TypeName): BuiltinError {
  const want = typeof wanted === "string" ? wanted : `one of {${wanted.join(", ")}}`;
  return new BuiltinError(`operand ${position} must be ${want} but got ${got}`, "eval_type_error");
}

/** One builtin function. */
export interface Builtin {
  /** Exactly OPA's name: `json.unmarshal`, `plus`. */
  readonly name: string;
  /** Answers undefined for Rego's undefined. May throw `BuiltinError`. Must not keep or change its arguments. */
  readonly call: (args: readonly Value[], state: QueryState, place?: CallPlace) => Value | undefined;
  /** True for one that is told where its call stands. */
  readonly needsPlace?: boolean;
  /** Its type; that of OPA's builtin of this name unless given. */
  readonly signature?: BuiltinSignature;
  /** Cost hint for budgets: true when the work grows faster than the operands. */
  readonly nondeterministic?: boolean;
}
