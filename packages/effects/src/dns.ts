import { lookup as lookupName } from "node:dns/promises";
import type { LookupAnswer } from "@sallyport/rego";

/** The addresses of a name by the system's resolver; failures in Go's words. */
export async function lookup(host: string, signal?: AbortSignal): Promise<LookupAnswer> {
  try {
    const found = await untilAborted(lookupName(host, { all: true }), signal);
    return { kind: "addresses", addresses: found.map(({ address }) => address) };
  } catch (error) {
    return { kind: "failure", message: `lookup ${host}: ${lookupFault(error)}` };
  }
}

/** The resolver cannot be stopped: its answer is left alone. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(new Error("operation was canceled"));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener("abort", abort));
}

const noSuchHost: ReadonlySet<string> = new Set(["ENOTFOUND", "ENODATA"]);

/** Go's words for what a resolver says. */
export function lookupFault(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (noSuchHost.has(code)) return "no such host";
  return code === "EAI_AGAIN" ? "server misbehaving" : message;
}
