import type { FunctionDeclaration, Library } from "../check/environment.ts";
import { DURATION, INT, STRING, TIMESTAMP } from "../check/type.ts";
import { goQuoted } from "../value/go-quoted.ts";
import { dateIn } from "../value/time.ts";
import { CelError, type Duration, type Timestamp, type Value } from "../value/value.ts";
import { declare, member } from "./declare.ts";

const DAY = 86_400_000;
const [SECOND, MILLI] = [1_000_000_000n, 1_000_000n];

/** cel-spec's accessors of timestamps, in UTC or a zone, and of durations. */
export const times: Library = timesWith((nanos) => (nanos / MILLI) % 1000n);

/** The same as cel-go has them: a duration's milliseconds are all that it has. */
export const goTimes: Library = timesWith((nanos) => nanos / MILLI);

function timesWith(millisecondsOf: (nanos: bigint) => bigint): Library {
  return { name: "times", functions: accessors(millisecondsOf) };
}

function accessors(millisecondsOf: (nanos: bigint) => bigint): readonly FunctionDeclaration[] {
  return [
    field("getFullYear", (date) => date.getUTCFullYear()),
    field("getMonth", (date) => date.getUTCMonth()),
    field("getDayOfYear", (date) => Math.floor((date.getTime() - startOfYear(date)) / DAY)),
    field("getDayOfMonth", (date) => date.getUTCDate() - 1),
    field("getDate", (date) => date.getUTCDate()),
    field("getDayOfWeek", (date) => date.getUTCDay()),
    field("getHours", (date) => date.getUTCHours(), 3600n * SECOND),
    field("getMinutes", (date) => date.getUTCMinutes(), 60n * SECOND),
    field("getSeconds", (date) => date.getUTCSeconds(), SECOND),
    field("getMilliseconds", (date) => date.getUTCMilliseconds(), MILLI, millisecondsOf),
  ];
}

/** Go reads what has a colon as hours and minutes. */
function zoneFault(zone: string): string {
  const [hours = "", ...minutes] = zone.split(":");
  if (minutes.length === 0) return `unknown time zone ${zone}`;
  const wrong = [hours, minutes.join(":")].find((each) => !/^[+-]?\d+$/.test(each)) ?? zone;
  return `strconv.Atoi: parsing ${goQuoted(wrong)}: invalid syntax`;
}

/** With `unit` the accessor is also one of durations, which answer how many whole units they have, or what `of` says. */
function field(
  name: string,
  read: (date: Date) => number,
  unit?: bigint,
  of: (nanos: bigint) => bigint = (nanos) => nanos / (unit as bigint),
): FunctionDeclaration {
  const within = (time: Timestamp, zone: string): Value => {
    const date = dateIn(time, zone);
    return date === undefined ? new CelError(zoneFault(zone)) : BigInt(read(date));
  };
  const ofTime = [
    member(`timestamp_to_${name}`, [TIMESTAMP], INT, (time: Timestamp) => within(time, "UTC")),
    member(`timestamp_to_${name}_with_tz`, [TIMESTAMP, STRING], INT, within),
  ];
  if (unit === undefined) return declare(name, ...ofTime);
  return declare(
    name,
    ...ofTime,
    member(`duration_to_${name}`, [DURATION], INT, ({ nanos }: Duration) => of(nanos)),
  );
}

function startOfYear(date: Date): number {
  const start = new Date(0);
  return start.setUTCFullYear(date.getUTCFullYear(), 0, 1);
}
