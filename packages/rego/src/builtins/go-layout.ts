// Layouts of Go's package time: https://pkg.go.dev/time#pkg-constants

/** What a part of a layout stands for; `text` is itself. Digits and flags are read from the part's own spelling. */
export type ChunkKind =
  | "text"
  | "longMonth"
  | "month"
  | "numMonth"
  | "zeroMonth"
  | "longWeekday"
  | "weekday"
  | "day"
  | "underDay"
  | "zeroDay"
  | "underYearDay"
  | "zeroYearDay"
  | "hour"
  | "hour12"
  | "zeroHour12"
  | "minute"
  | "zeroMinute"
  | "second"
  | "zeroSecond"
  | "longYear"
  | "year"
  | "PM"
  | "pm"
  | "zoneName"
  | "zone"
  | "zoneOrZ"
  | "fraction0"
  | "fraction9";

export interface Chunk {
  readonly kind: ChunkKind;
  /** As spelled in the layout: `2006`, `Z07:00`, `.000`. */
  readonly text: string;
}

export const monthNames: readonly string[] = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
export const weekdayNames: readonly string[] = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
];

export const rfc3339 = "2006-01-02T15:04:05Z07:00";
export const rfc3339Nano = "2006-01-02T15:04:05.999999999Z07:00";

const namedLayouts: ReadonlyMap<string, string> = new Map([
  ["ANSIC", "Mon Jan _2 15:04:05 2006"],
  ["UnixDate", "Mon Jan _2 15:04:05 MST 2006"],
  ["RubyDate", "Mon Jan 02 15:04:05 -0700 2006"],
  ["RFC822", "02 Jan 06 15:04 MST"],
  ["RFC822Z", "02 Jan 06 15:04 -0700"],
  ["RFC850", "Monday, 02-Jan-06 15:04:05 MST"],
  ["RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"],
  ["RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"],
  ["RFC3339", rfc3339],
  ["RFC3339Nano", rfc3339Nano],
]);

/** A layout may be given by the name of Go's constant. */
export function layoutFromName(name: string): string {
  return namedLayouts.get(name) ?? name;
}

/** Longest first within one initial: the first that fits wins. */
const spellings: readonly (readonly [text: string, kind: ChunkKind])[] = [
  ["January", "longMonth"],
  ["Jan", "month"],
  ["Monday", "longWeekday"],
  ["Mon", "weekday"],
  ["MST", "zoneName"],
  ["01", "zeroMonth"],
  ["002", "zeroYearDay"],
  ["02", "zeroDay"],
  ["03", "zeroHour12"],
  ["04", "zeroMinute"],
  ["05", "zeroSecond"],
  ["06", "year"],
  ["15", "hour"],
  ["1", "numMonth"],
  ["2006", "longYear"],
  ["2", "day"],
  ["_2006", "longYear"],
  ["__2", "underYearDay"],
  ["_2", "underDay"],
  ["3", "hour12"],
  ["4", "minute"],
  ["5", "second"],
  ["PM", "PM"],
  ["pm", "pm"],
  ["-070000", "zone"],
  ["-07:00:00", "zone"],
  ["-0700", "zone"],
  ["-07:00", "zone"],
  ["-07", "zone"],
  ["Z070000", "zoneOrZ"],
  ["Z07:00:00", "zoneOrZ"],
  ["Z0700", "zoneOrZ"],
  ["Z07:00", "zoneOrZ"],
  ["Z07", "zoneOrZ"],
];

/** A layout taken apart; neighbouring plain characters are one chunk. */
export function layoutChunks(layout: string): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let plain = "";
  for (let at = 0; at < layout.length; ) {
    const chunk = fractionAt(layout, at) ?? spellingAt(layout, at);
    if (chunk === undefined) {
      plain += layout.charAt(at++);
      continue;
    }
    at += chunk.text.length;
    // `_2006` is an underscore and a year.
    const isUnderYear = chunk.text === "_2006";
    if (isUnderYear) plain += "_";
    if (plain !== "") chunks.push({ kind: "text", text: plain });
    plain = "";
    chunks.push(isUnderYear ? { kind: "longYear", text: "2006" } : chunk);
  }
  if (plain !== "") chunks.push({ kind: "text", text: plain });
  return chunks;
}

function spellingAt(layout: string, at: number): Chunk | undefined {
  for (const [text, kind] of spellings) {
    if (!layout.startsWith(text, at)) continue;
    // `Janet` and `Money` are words, no names of months or days.
    if ((kind === "month" || kind === "weekday") && /^[a-z]/.test(layout.charAt(at + 3))) continue;
    return { kind, text };
  }
  return undefined;
}

/** `.000` or `,999`, with no digit behind. */
function fractionAt(layout: string, at: number): Chunk | undefined {
  const first = layout.charAt(at);
  const digit = layout.charAt(at + 1);
  if ((first !== "." && first !== ",") || (digit !== "0" && digit !== "9")) return undefined;
  let end = at + 1;
  while (layout.charAt(end) === digit) end++;
  if (/^\d/.test(layout.charAt(end))) return undefined;
  return { kind: digit === "0" ? "fraction0" : "fraction9", text: layout.slice(at, end) };
}
