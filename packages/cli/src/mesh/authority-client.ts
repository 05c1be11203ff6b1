import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { parseGoDuration } from "@sallyport/kube";
import type { WatchedSource } from "@sallyport/mesh/identity";
import { askCertificate, authoritySource } from "@sallyport/mesh/identity/client";
import { reasonOf, UsageError } from "../errors.ts";

/** Whom a certificate is asked of, and by which files. */
export interface AuthorityClient {
  /** `HOST:PORT`. */
  readonly caAddress: string;
  /** In its certificate, where it is not the host's. */
  readonly caName?: string;
  readonly tokenFile: string;
  readonly rootsFile: string;
  readonly lifeMs: number;
}

/** How long an authority may take to sign. */
export const signMs = 10_000;

/** Throws `UsageError`. */
export function checkAuthorityAddress(caAddress = ""): void {
  const port = Number(/^\[?[^\s[\]]+\]?:(\d{1,5})$/.exec(caAddress)?.[1]);
  if (!(port <= 65_535)) throw new UsageError(`--ca-address ${caAddress}: expected HOST:PORT`);
}

/** Of `--certificate-life`. Throws `UsageError`. */
export function certificateLifeMs(text: string): number {
  const nanoseconds = parseGoDuration(text);
  const ms = typeof nanoseconds === "number" ? nanoseconds / 1e6 : 0;
  if (!(ms >= 60_000)) throw new UsageError(`--certificate-life ${text}: expected a duration from 1m on, such as 24h`);
  return ms;
}

/** A certificate that an authority signs for the token of a file, renewed long before it ends. */
export function authoritySourceOf(client: AuthorityClient, say: (text: string) => void): WatchedSource {
  const { caAddress, caName, tokenFile, rootsFile, lifeMs } = client;
  const text = (path: string) =>
    readFile(path, "utf8").catch((error: Error) => {
      throw new Error(`${path}: ${reasonOf(error)}`, { cause: error });
    });
  return authoritySource({
    ask: async (csr, life) =>
      askCertificate({
        address: caAddress,
        ...(caName === undefined ? {} : { serverName: caName }),
        roots: await text(rootsFile),
        // A token is renewed by the kubelet: it is read each time.
        token: (await text(tokenFile)).trim(),
        csr,
        lifeMs: life,
        timeoutMs: signMs,
      }),
    roots: () => text(rootsFile),
    lifeMs,
    now: Date.now,
    random: Math.random,
    sleep: (ms, signal) => delay(ms, undefined, { signal }),
    say,
  });
}
