import { BuiltinError } from "./builtin.ts";
import { type Chunk, layoutChunks, monthNames, weekdayNames } from "./go-layout.ts";
import { daysInMonth, isLeapYear, secondsFrom } from "./go-time.ts";

/** Seconds since the epoch, UTC, and nanoseconds. */
export interface Instant {
  readonly seconds: number;
  readonly nanosecond: number;
}

/** What has been read so far; undefined fields have not. */
interface Fields {
  year: number;
  month: number | undefined;
  day: number | undefined;
  yearDay: number | undefined;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  isPm: boolean | undefined;
  /** Seconds east of UTC. */
  offset: number;
}

/** A chunk that does not fit; Go's text says which. */
class Mismatch extends Error {}

/** A number that fits, but not into its range. */
class OutOfRange extends Error {
  readonly field: string;
  constructor(field: string) {
    super(field);
    this.field = field;
  }
}

/**
 * Go's time.Parse in UTC, with its error texts. A zone's abbreviation is read, but moves nothing: Go knows those of its
 * own zone only.
 */
export function parseTime(layout: string, text: string): Instant {
  // Go works on bytes: so do we, one character each.
  return new TimeParser(byteText(layout), byteText(text)).parse();
}

function byteText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is asked for
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  return String.fromCharCode(...new TextEncoder().encode(text));
}

class TimeParser {
  readonly #layout: string;
  readonly #text: string;
  #rest: string;
  readonly #fields: Fields = {
    year: 0,
    month: undefined,
    day: undefined,
    yearDay: undefined,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    isPm: undefined,
    offset: 0,
  };

  constructor(layout: string, text: string) {
    this.#layout = layout;
    this.#text = text;
    this.#rest = text;
  }

  parse(): Instant {
    const chunks = layoutChunks(this.#layout);
    for (const [i, chunk] of chunks.entries()) {
      if (chunk.kind === "text") this.#skip(chunk.text);
      else this.#read(chunk, chunks[i + 1]);
    }
    if (this.#rest !== "") throw this.#fault(`: extra text: ${quote(this.#rest)}`);
    return this.#instant();
  }

  #fault(message: string): BuiltinError {
    return new BuiltinError(`parsing time ${quote(this.#text)}${message}`);
  }

  #cannotParse(element: string, rest: string): BuiltinError {
    return this.#fault(` as ${quote(this.#layout)}: cannot parse ${quote(rest)} as ${quote(element)}`);
  }

  /** Any run of spaces stands for any other. */
  #skip(prefix: string): void {
    let rest = this.#rest;
    for (let at = 0; at < prefix.length; at++) {
      if (prefix[at] === " ") {
        if (rest !== "" && rest[0] !== " ") throw this.#cannotParse(prefix, rest);
        while (prefix[at + 1] === " ") at++;
        rest = rest.replace(/^ +/, "");
        continue;
      }
      if (rest === "" || rest[0] !== prefix[at]) throw this.#cannotParse(prefix, rest);
      rest = rest.slice(1);
    }
    this.#rest = rest;
  }

  #read(chunk: Chunk, next: Chunk | undefined): void {
    const before = this.#rest;
    try {
      this.#readChunk(chunk, next);
    } catch (error) {
      if (error instanceof OutOfRange) throw this.#fault(`: ${error.field} out of range`);
      if (error instanceof Mismatch) throw this.#cannotParse(chunk.text, before);
      throw error;
    }
  }

  #readChunk({ kind, text }: Chunk, next: Chunk | undefined): void {
    const fields = this.#fields;
    switch (kind) {
      case "year":
        fields.year = this.#signedNumber(2);
        fields.year += fields.year >= 69 ? 1900 : 2000;
        return;
      case "longYear":
        if (!isDigit(this.#rest, 0)) throw new Mismatch();
        fields.year = this.#signedNumber(4);
        return;
      case "month":
        fields.month = this.#name(monthNames, 3) + 1;
        return;
      case "longMonth":
        fields.month = this.#name(monthNames) + 1;
        return;
      case "numMonth":
      case "zeroMonth":
        fields.month = inRange(this.#number(kind === "zeroMonth"), 1, 12, "month");
        return;
      case "weekday":
        this.#name(weekdayNames, 3);
        return;
      case "longWeekday":
        this.#name(weekdayNames);
        return;
      case "day":
      case "underDay":
      case "zeroDay":
        if (kind === "underDay") this.#dropSpaces(1);
        fields.day = this.#number(kind === "zeroDay");
        return;
      case "underYearDay":
      case "zeroYearDay":
        if (kind === "underYearDay") this.#dropSpaces(2);
        fields.yearDay = this.#dayOfYear(kind === "zeroYearDay");
        return;
      case "hour":
        fields.hour = inRange(this.#number(false), 0, 23, "hour");
        return;
      case "hour12":
      case "zeroHour12":
        fields.hour = inRange(this.#number(kind === "zeroHour12"), 0, 12, "hour");
        return;
      case "minute":
      case "zeroMinute":
        fields.minute = inRange(this.#number(kind === "zeroMinute"), 0, 59, "minute");
        return;
      case "second":
      case "zeroSecond":
        fields.second = inRange(this.#number(kind === "zeroSecond"), 0, 59, "second");
        if (next?.kind !== "fraction0" && next?.kind !== "fraction9") this.#fraction(0);
        return;
      case "PM":
      case "pm":
        this.#meridiem(kind);
        return;
      case "zone":
      case "zoneOrZ":
        this.#zone(text);
        return;
      case "zoneName":
        this.#zoneName();
        return;
      case "fraction0":
        this.#exactFraction(text.length);
        return;
      case "fraction9":
        this.#fraction(0);
        return;
      case "text":
    }
  }

  #take(count: number): string {
    if (this.#rest.length < count) throw new Mismatch();
    const taken = this.#rest.slice(0, count);
    this.#rest = this.#rest.slice(count);
    return taken;
  }

  #signedNumber(width: number): number {
    const taken = this.#take(width);
    if (!/^[+-]?\d+$/.test(taken)) throw new Mismatch();
    return Number(taken);
  }

  /** One or two digits; exactly two when `fixed`. */
  #number(fixed: boolean): number {
    if (!isDigit(this.#rest, 0)) throw new Mismatch();
    if (isDigit(this.#rest, 1)) return Number(this.#take(2));
    if (fixed) throw new Mismatch();
    return Number(this.#take(1));
  }

  #dayOfYear(fixed: boolean): number {
    const digits = /^\d{1,3}/.exec(this.#rest)?.[0] ?? "";
    if (digits === "" || (fixed && digits.length !== 3)) throw new Mismatch();
    return Number(this.#take(digits.length));
  }

  #dropSpaces(count: number): void {
    for (let i = 0; i < count && this.#rest.startsWith(" "); i++) this.#rest = this.#rest.slice(1);
  }

  /** The index of the name, its first `length` characters or all. */
  #name(names: readonly string[], length?: number): number {
    const index = names.findIndex((name) => {
      const wanted = name.slice(0, length);
      return this.#rest.slice(0, wanted.length).toLowerCase() === wanted.toLowerCase();
    });
    if (index < 0) throw new Mismatch();
    this.#take(length ?? (names[index] as string).length);
    return index;
  }

  #meridiem(kind: "PM" | "pm"): void {
    const text = this.#take(2);
    const [am, pm] = kind === "PM" ? ["AM", "PM"] : ["am", "pm"];
    if (text !== am && text !== pm) throw new Mismatch();
    if (text === pm) this.#fields.isPm = true;
    else this.#fields.isPm ??= false;
  }

  /** Any number of digits behind a point or comma; nothing when there is none. */
  #fraction(from: number): void {
    const match = /^[.,]\d+/.exec(this.#rest.slice(from));
    if (match !== null) this.#exactFraction(match[0].length);
  }

  #exactFraction(length: number): void {
    const text = this.#take(length);
    const match = /^[.,]([+-]?\d+)/.exec(text.slice(0, 10));
    if (match === null || match[0].length !== Math.min(10, length)) throw new Mismatch();
    const digits = match[1] as string;
    if (digits.startsWith("-") && Number(digits) < 0) throw new OutOfRange("fractional second");
    this.#fields.nanosecond = Number(digits) * 10 ** (9 - digits.length);
  }

  #zone(spelled: string): void {
    if (spelled.startsWith("Z") && this.#rest.startsWith("Z")) {
      this.#take(1);
      this.#fields.offset = 0;
      return;
    }
    const text = this.#take(spelled.length);
    const pattern = spelled.slice(1).replaceAll(/\d\d/g, "(..)");
    const match = new RegExp(`^.${pattern}$`, "s").exec(text);
    if (match === null) throw new Mismatch();
    const [hours = 0, minutes = 0, seconds = 0] = match.slice(1).map(twoDigits);
    // Greater, not equal: offsets of 24 hours and 60 minutes are met with.
    if (seconds > 60) throw new OutOfRange("time zone offset second");
    if (minutes > 60) throw new OutOfRange("time zone offset minute");
    if (hours > 24) throw new OutOfRange("time zone offset hour");
    if (text[0] !== "+" && text[0] !== "-") throw new Mismatch();
    this.#fields.offset = (hours * 3600 + minutes * 60 + seconds) * (text[0] === "-" ? -1 : 1);
  }

  #zoneName(): void {
    const length = this.#rest.startsWith("UTC") ? 3 : zoneNameLength(this.#rest);
    if (length === 0) throw new Mismatch();
    this.#take(length);
    this.#fields.offset = 0;
  }

  #instant(): Instant {
    const { year, minute, second, nanosecond, offset } = this.#fields;
    const { month, day } = this.#date();
    if (day < 1 || day > daysInMonth(year, month)) throw this.#fault(": day out of range");
    const seconds = secondsFrom(year, month, day, this.#hour(), minute, second);
    return { seconds: seconds - offset, nanosecond };
  }

  #hour(): number {
    const { hour, isPm } = this.#fields;
    if (isPm === true && hour < 12) return hour + 12;
    return isPm === false && hour === 12 ? 0 : hour;
  }

  #date(): { month: number; day: number } {
    const { year, month, day, yearDay } = this.#fields;
    if (yearDay === undefined) return { month: month ?? 1, day: day ?? 1 };
    if (yearDay < 1 || yearDay > (isLeapYear(year) ? 366 : 365)) throw this.#fault(": day-of-year out of range");
    let found = 1;
    let left = yearDay;
    while (left > daysInMonth(year, found)) left -= daysInMonth(year, found++);
    if (month !== undefined && month !== found) throw this.#fault(": day-of-year does not match month");
    if (day !== undefined && day !== left) throw this.#fault(": day-of-year does not match day");
    return { month: found, day: left };
  }
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

function twoDigits(text: string): number {
  if (!/^\d\d$/.test(text)) throw new Mismatch();
  return Number(text);
}

function inRange(value: number, from: number, to: number, field: string): number {
  if (value < from || value > to) throw new OutOfRange(field);
  return value;
}

/** How many characters look like a zone's abbreviation; 0 for none. */
function zoneNameLength(text: string): number {
  if (/^(ChST|MeST)/.test(text)) return 4;
  if (text.startsWith("GMT")) return 3 + signedOffsetLength(text.slice(3));
  if (/^[+-]/.test(text)) return text.length < 3 ? 0 : signedOffsetLength(text);
  const upper = /^[A-Z]{0,6}/.exec(text)?.[0] ?? "";
  if (upper.length === 3) return 3;
  if (upper.length === 4) return upper.endsWith("T") || upper === "WITA" ? 4 : 0;
  return upper.length === 5 && upper.endsWith("T") ? 5 : 0;
}

/** `+3`, `-11`: at most 23 hours. */
function signedOffsetLength(text: string): number {
  const match = /^[+-](\d+)/.exec(text);
  return match === null || Number(match[1]) > 23 ? 0 : match[0].length;
}

/** Go's quoting in errors of package time: bytes that are not printable ASCII in hexadecimal. */
export function quote(text: string): string {
  const escaped = text.replace(/[^ !#-[\]-\x7f]/g, (char) =>
    char === '"' || char === "\\" ? `\\${char}` : `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `"${escaped}"`;
}
