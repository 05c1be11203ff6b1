import type { LogOptions } from "./log-options.ts";
import type { LogEntry } from "./pod-runtime.ts";

/** The bytes that a client is shown of what a container wrote. */
export async function* logText(
  entries: AsyncIterable<LogEntry | "caught up">,
  { timestamps, since, tailLines, limitBytes }: LogOptions,
): AsyncGenerator<Uint8Array> {
  let left = limitBytes ?? Number.POSITIVE_INFINITY;
  const wanted = (entry: LogEntry) => since === undefined || entry.time >= since;
  const cut = (entry: LogEntry): Uint8Array => {
    const bytes = timestamps ? Buffer.concat([Buffer.from(`${nanoTime(entry.time)} `), entry.text]) : entry.text;
    const shown = bytes.length > left ? bytes.subarray(0, left) : bytes;
    left -= shown.length;
    return shown;
  };
  let tail: LogEntry[] | undefined = tailLines === undefined ? undefined : [];
  for await (const entry of entries) {
    if (entry === "caught up") {
      for (const each of tail ?? []) if (left > 0) yield cut(each);
      tail = undefined;
    } else if (tail !== undefined) {
      if (wanted(entry)) tail.push(entry);
      if (tail.length > (tailLines ?? 0)) tail.shift();
    } else if (wanted(entry)) yield cut(entry);
    if (left <= 0) return;
  }
  for (const each of tail ?? []) if (left > 0) yield cut(each);
}

/** RFC 3339 with nanoseconds, without zeros at the end, as Go writes it. */
function nanoTime(milliseconds: number): string {
  const whole = Math.floor(milliseconds / 1000) * 1000;
  const nanos = Math.round((milliseconds - whole) * 1e6);
  const fraction = String(nanos).padStart(9, "0").replace(/0+$/, "");
  return `${new Date(whole).toISOString().slice(0, 19)}${fraction === "" ? "" : `.${fraction}`}Z`;
}
