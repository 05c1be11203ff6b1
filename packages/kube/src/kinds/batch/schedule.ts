import { parseGoDuration } from "../../go/duration.ts";

/** Bounds and names of the fields of a cron expression, in their order: minute, hour, day, month, day of the week. */
const fields: readonly { readonly min: number; readonly max: number; readonly names: readonly string[] }[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"] },
  { min: 0, max: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];
const descriptors: { readonly [name: string]: string } = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** The times that a field of a schedule allows. */
export interface ScheduleField {
  readonly values: ReadonlySet<number>;
  /** `*`: it says nothing. */
  readonly isAny: boolean;
}

/** When something is to be done: at wall clock times, or so often. */
export type Schedule =
  | {
      readonly kind: "times";
      readonly minute: ScheduleField;
      readonly hour: ScheduleField;
      readonly day: ScheduleField;
      readonly month: ScheduleField;
      readonly weekday: ScheduleField;
      /** The zone that the text itself names. */
      readonly zone: string | undefined;
    }
  | { readonly kind: "every"; readonly milliseconds: number };

/** What is wrong with a schedule of a CronJob, in the words of github.com/robfig/cron; undefined when nothing is. */
export function scheduleFault(text: string): string | undefined {
  const schedule = parseSchedule(text);
  return typeof schedule === "string" ? schedule : undefined;
}

/** The schedule that a text means, or what is wrong with it. */
export function parseSchedule(text: string): Schedule | string {
  const zoned = /^(?:TZ|CRON_TZ)=(\S*)\s+/.exec(text);
  const spec = zoned === null ? text : text.slice(zoned[0].length).trim();
  if (spec.startsWith("@every ")) return parseEvery(spec.slice("@every ".length));
  if (spec.startsWith("@") && descriptors[spec] === undefined) return `unrecognized descriptor: ${spec}`;
  const parts = (descriptors[spec] ?? spec).split(/\s+/).filter((part) => part !== "");
  if (parts.length !== fields.length) return `expected exactly 5 fields, found ${parts.length}: [${parts.join(" ")}]`;
  const parsed: ScheduleField[] = [];
  for (const [i, part] of parts.entries()) {
    const field = parseField(part, i);
    if (typeof field === "string") return field;
    parsed.push(field);
  }
  const [minute, hour, day, month, weekday] = parsed as [
    ScheduleField,
    ScheduleField,
    ScheduleField,
    ScheduleField,
    ScheduleField,
  ];
  return { kind: "times", minute, hour, day, month, weekday, zone: zoned?.[1] };
}

/** At least, and in whole, seconds. */
function parseEvery(duration: string): Schedule | string {
  const nanos = parseGoDuration(duration);
  if (typeof nanos !== "number") return `failed to parse duration @every ${duration}: ${nanos.fault}`;
  const milliseconds = nanos / 1e6;
  return { kind: "every", milliseconds: Math.max(1000, Math.floor(milliseconds / 1000) * 1000) };
}

function parseField(text: string, index: number): ScheduleField | string {
  const values = new Set<number>();
  let isAny = false;
  for (const part of text.split(",").filter((each) => each !== "")) {
    const range = parseRange(part, index);
    if (typeof range === "string") return range;
    for (let value = range.low; value <= range.high; value += range.step) values.add(value);
    if (range.isAny) isAny = true;
  }
  return { values, isAny };
}

interface Range {
  readonly low: number;
  readonly high: number;
  readonly step: number;
  readonly isAny: boolean;
}

function parseRange(text: string, index: number): Range | string {
  const { min, max } = fields[index] as (typeof fields)[number];
  const slashes = text.split("/");
  const bounds = (slashes[0] as string).split("-");
  const isAny = bounds[0] === "*" || bounds[0] === "?";
  if (!isAny && bounds.length > 2) return `too many hyphens: ${text}`;
  const numbers: number[] = [];
  for (const bound of isAny ? [] : bounds) {
    const number = numberOf(bound, index);
    if (typeof number === "string") return number;
    numbers.push(number);
  }
  if (slashes.length > 2) return `too many slashes: ${text}`;
  const step = slashes.length === 2 ? numberOf(slashes[1] as string, -1) : 1;
  if (typeof step === "string") return step;
  const [low = min, high = slashes.length === 2 || isAny ? max : low] = numbers;
  if (low < min) return `beginning of range (${low}) below minimum (${min}): ${text}`;
  if (high > max) return `end of range (${high}) above maximum (${max}): ${text}`;
  if (low > high) return `beginning of range (${low}) beyond end of range (${high}): ${text}`;
  if (step === 0) return `step of range should be a positive number: ${text}`;
  return { low, high, step, isAny: isAny && step === 1 };
}
/** A number, or the name of one; what is wrong with it otherwise. */
function numberOf(text: string, index: number): number | string {
  const field = fields[index];
  const name = field?.names.indexOf(text.toLowerCase()) ?? -1;
  if (field !== undefined && name >= 0) return name + field.min;
  if (!/^[+-]?\d+$/.test(text))
    return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
  return Number(text) < 0 ? `negative number (${Number(text)}) not allowed: ${text}` : Number(text);
}
