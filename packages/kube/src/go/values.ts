import { parseQuantity, quantityText } from "./quantity.ts";

/** A value that Go's decoder refuses without naming the field. */
export class ValueFault extends Error {
  /** The fault of values that come from maps and not from a document. */
  readonly restoring: string;
  /** Go's decoder goes on behind it, and tells it when nothing worse comes. */
  readonly isSaved: boolean;

  constructor(message: string, restoring = message, isSaved = false) {
    super(message);
    this.restoring = restoring;
    this.isSaved = isSaved;
  }
}

/** A Quantity as Kubernetes writes it. JSON that is neither a text nor a number fails as its text does. */
export function quantityValue(value: unknown): string {
  const parsed = parseQuantity(typeof value === "string" ? value : JSON.stringify(value));
  if (typeof parsed === "string") throw new ValueFault(parsed);
  return quantityText(parsed);
}

type Part = readonly [pattern: RegExp, layout: string];

const untilMinute: readonly Part[] = [
  [/^\d{4}/, "2006"],
  [/^-/, "-"],
  [/^\d\d/, "01"],
  [/^-/, "-"],
  [/^\d\d/, "02"],
  [/^T/, "T"],
  [/^\d\d/, "15"],
  [/^:/, ":"],
  [/^\d\d/, "04"],
  [/^:/, ":"],
];
const zone: Part = [/^(?:Z|[-+]\d\d:\d\d)/, "Z07:00"];

/** By the digits of a second's fraction; where a layout has none, any may stand. */
const parts: { readonly [digits in 0 | 6]: readonly Part[] } = {
  0: [...untilMinute, [/^\d\d(?:\.\d+)?/, "05"], zone],
  6: [...untilMinute, [/^\d\d/, "05"], [/^\.\d{6}/, ".000000"], zone],
};

/** metav1.Time (`digits` 0) or MicroTime (6), in UTC. Throws what time.Parse says of other texts. */
export function timeValue(text: string, digits: 0 | 6): string {
  const layout = digits === 0 ? "2006-01-02T15:04:05Z07:00" : "2006-01-02T15:04:05.000000Z07:00";
  let rest = text;
  const fault = (why: string) => new ValueFault(`parsing time ${quoted(text)} as ${quoted(layout)}: ${why}`);
  for (const [pattern, part] of parts[digits]) {
    const found = pattern.exec(rest);
    if (found === null) throw fault(`cannot parse ${quoted(rest)} as ${quoted(part)}`);
    rest = rest.slice(found[0].length);
  }
  if (rest !== "") throw new ValueFault(`parsing time ${quoted(text)}: extra text: ${quoted(rest)}`);
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new ValueFault(`parsing time ${quoted(text)}: ${outOfRange(text)} out of range`);
  const seconds = new Date(time).toISOString().slice(0, 19);
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? "";
  return digits === 0 ? `${seconds}Z` : `${seconds}.${fraction.padEnd(6, "0").slice(0, 6)}Z`;
}

/** As Go's time quotes a text: letters beyond ASCII byte by byte. */
function quoted(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const letters = [...bytes].map((byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    return byte < 0x20 || byte >= 0x80 ? `\\x${byte.toString(16).padStart(2, "0")}` : String.fromCharCode(byte);
  });
  return `"${letters.join("")}"`;
}

function outOfRange(text: string): string {
  if (!/^....-(0[1-9]|1[0-2])/.test(text)) return "month";
  if (!/^.{11}([01]\d|2[0-3])/.test(text)) return "hour";
  if (!/^.{14}[0-5]/.test(text)) return "minute";
  return /^.{17}[0-5]/.test(text) ? "day" : "second";
}

/** Standard base64 with padding, written without line breaks. Throws as encoding/base64 does. */
export function base64Value(text: string): string {
  const fault = (at: number) => {
    const why = `illegal base64 data at input byte ${at}`;
    return new ValueFault(why, `error decoding from json: ${why}`, true);
  };
  let [kept, quantum] = ["", 0];
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char === "\n" || char === "\r") continue;
    if (char === "=") {
      if (quantum < 2) throw fault(at);
      let next = at + 1;
      while (text[next] === "\n" || text[next] === "\r") next++;
      if (quantum === 2) {
        if (next >= text.length) throw fault(text.length);
        if (text[next] !== "=") throw fault(next - 1);
        next++;
      }
      while (text[next] === "\n" || text[next] === "\r") next++;
      if (next < text.length) throw fault(next);
      return kept.padEnd(Math.ceil(kept.length / 4) * 4, "=");
    }
    if (!/[A-Za-z0-9+/]/.test(char)) throw fault(at);
    kept += char;
    quantum = (quantum + 1) % 4;
  }
  if (quantum !== 0) throw fault(text.length - quantum);
  return kept;
}
