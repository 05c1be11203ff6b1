import type { Schedule } from "@sallyport/kube";

type Times = Extract<Schedule, { kind: "times" }>;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** A schedule that names no day of these years, as 31 February, names none; robfig/cron's limit. */
const searchedMs = 5 * 366 * 24 * hourMs;

/**
 * The first time behind one that a schedule names, in milliseconds since the epoch; undefined when there is none. Where clocks are put
 * forward, times that are left out are left out; where they are put back, times that come twice come twice.
 */
export function nextTime(schedule: Schedule, after: number, zone = "UTC"): number | undefined {
  if (schedule.kind === "every") return Math.floor(after / 1000) * 1000 + schedule.milliseconds;
  const offsetAt = offsets(schedule.zone ?? zone);
  let time = (Math.floor(after / minuteMs) + 1) * minuteMs;
  for (const end = after + searchedMs; time < end; ) {
    const wall = new Date(time + offsetAt(time));
    if (!schedule.month.values.has(wall.getUTCMonth() + 1))
      time = instantOf(Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth() + 1, 1), time, offsetAt);
    else if (!isDay(schedule, wall))
      time = instantOf(Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate() + 1), time, offsetAt);
    else if (!schedule.hour.values.has(wall.getUTCHours())) time += hourMs - wall.getUTCMinutes() * minuteMs;
    else if (!schedule.minute.values.has(wall.getUTCMinutes())) time += minuteMs;
    else return time;
  }
  return undefined;
}

/** Where both days are given, one of them is enough. */
function isDay({ day, weekday }: Times, wall: Date): boolean {
  const isDate = day.values.has(wall.getUTCDate());
  const isWeekday = weekday.values.has(wall.getUTCDay());
  return day.isAny || weekday.isAny ? isDate && isWeekday : isDate || isWeekday;
}

/** When the clocks of a zone show a time, the first of it that is behind `before`. */
function instantOf(wall: number, before: number, offsetAt: (time: number) => number): number {
  const guess = wall - offsetAt(wall - offsetAt(before));
  return guess > before ? guess : before + minuteMs;
}

/** A zone's distance from UTC at a time, in milliseconds. Throws a RangeError for a zone that nobody knows. */
export function offsets(zone: string): (time: number) => number {
  if (zone === "UTC" || zone === "") return () => 0;
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  return (time) => {
    const name = format.formatToParts(time).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const [, sign = "+", hours = 0, minutes = 0] = /GMT([+-])(\d+):(\d+)/.exec(name) ?? [];
    return (sign === "-" ? -1 : 1) * (Number(hours) * hourMs + Number(minutes) * minuteMs);
  };
}

/** RFC 3339 in a zone: `2026-01-01T05:30:00+05:30`. */
export function zonedTime(time: number, zone = "UTC"): string {
  const offset = offsets(zone)(time);
  const text = new Date(time + offset).toISOString().slice(0, 19);
  if (offset === 0) return `${text}Z`;
  const clock = new Date(Math.abs(offset)).toISOString().slice(11, 16);
  return `${text}${offset < 0 ? "-" : "+"}${clock}`;
}
