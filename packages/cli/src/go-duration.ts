import { UsageError } from "./errors.ts";

/** Go's durations of hours, minutes and seconds, in milliseconds: `1h30m0s`. Throws `UsageError` naming the flag. */
export function millisecondsOf(flag: string, text: string): number {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  const [, hours = "0", minutes = "0", seconds = "0"] = match ?? [];
  if (match === null || text === "") throw new UsageError(`${flag} ${text}: expected a duration such as 1h0m0s`);
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
}
