import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { type AsynchronousEffects, BuiltinError, type Effects, type HttpCache, type Value } from "@sallyport/rego";
import { nodeCrypto } from "./crypto.ts";

/** Requests and names by Node, for `evaluateAsync` and `queryAsync`. Node's clients are loaded with the first one: most queries send nothing. */
export const nodeNetwork: AsynchronousEffects = {
  http: async (request, signal) => (await import("./http.ts")).sendHttp(request, signal),
  lookup: async (host, signal) => (await import("./dns.ts")).lookup(host, signal),
};

export interface EffectsOptions {
  /** What `opa.runtime().env` shows; nothing unless given, because an environment holds secrets. */
  readonly env?: { readonly [name: string]: string };
  /** Where `print` goes; nowhere unless given. */
  readonly print?: Effects["print"];
  readonly note?: (message: string) => void;
  /** What `opa.runtime()` answers; the environment unless given. */
  readonly runtime?: Value;
  /** Hosts that policies may reach; all unless given. */
  readonly allowNet?: readonly string[];
  /** The memory of `http.send` between queries; none unless given. */
  readonly httpCache?: HttpCache;
}

/** The effects of one query: the clock stands still at the moment of the call. */
export function createEffects(options: EffectsOptions = {}): Effects {
  return {
    nowNs: BigInt(Date.now()) * 1_000_000n,
    randomBytes: (size) => randomBytes(size),
    env: options.env ?? {},
    crypto: nodeCrypto,
    asynchronous: nodeNetwork,
    readFile,
    ...(options.print === undefined ? {} : { print: options.print }),
    ...(options.note === undefined ? {} : { note: options.note }),
    ...(options.runtime === undefined ? {} : { runtime: options.runtime }),
    ...(options.allowNet === undefined ? {} : { allowNet: options.allowNet }),
    ...(options.httpCache === undefined ? {} : { httpCache: options.httpCache }),
  };
}

function readFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = { ENOENT: "no such file or directory", EACCES: "permission denied" }[code ?? ""];
    throw new BuiltinError(code === "EISDIR" ? `read ${path}: is a directory` : `open ${path}: ${why ?? message}`);
  }
}
