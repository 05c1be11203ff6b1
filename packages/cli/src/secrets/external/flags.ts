import { parseGoDuration } from "@sallyport/kube";
import { UsageError } from "../../errors.ts";

/** `HOST:PORT` or `:PORT`. Throws `UsageError`. */
export function httpAddress(flag: string, text: string): { readonly host: string; readonly port: number } {
  const match = /^(.*):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65535) throw new UsageError(`${flag} ${text}: expected HOST:PORT, or :PORT`);
  return { host: (match[1] ?? "").replace(/^\[|\]$/g, ""), port };
}

/** Milliseconds of a duration of Go, from one to an hour's. Throws `UsageError`. */
export function timeoutOf(flag: string, text: string): number {
  const nanoseconds = parseGoDuration(text);
  const ms = typeof nanoseconds === "number" ? nanoseconds / 1e6 : 0;
  if (!(ms >= 1 && ms <= 3_600_000)) throw new UsageError(`${flag} ${text}: expected a duration such as 10s`);
  return ms;
}
