import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSchedule, type Schedule } from "@sallyport/kube";
import { nextTime, zonedTime } from "./cron-times.ts";

/** The first times behind one, in UTC: `2026-01-01T00:05` and further. */
function times(schedule: string, after: string, zone: string, count: number): readonly string[] {
  const found: string[] = [];
  let time: number | undefined = Date.parse(after);
  while (found.length < count && time !== undefined) {
    time = nextTime(parseSchedule(schedule) as Schedule, time, zone);
    found.push(time === undefined ? "never" : new Date(time).toISOString().slice(0, 16));
  }
  return found;
}

const cases: readonly [schedule: string, after: string, zone: string, times: readonly string[]][] = [
  ["*/5 * * * *", "2026-01-01T00:00:00Z", "UTC", ["2026-01-01T00:05", "2026-01-01T00:10"]],
  ["*/5 * * * *", "2026-01-01T00:04:59.999Z", "UTC", ["2026-01-01T00:05"]],
  ["0 0 29 2 *", "2026-01-01T00:00:00Z", "UTC", ["2028-02-29T00:00"]],
  ["0 0 31 2 *", "2026-01-01T00:00:00Z", "UTC", ["never"]],
  [
    "30 9-17/4 * * mon-fri",
    "2026-01-02T13:00:00Z",
    "UTC",
    ["2026-01-02T13:30", "2026-01-02T17:30", "2026-01-05T09:30"],
  ],
  // Either day is enough when both are given, but not when one of them is any.
  ["0 0 13 * fri", "2026-02-01T00:00:00Z", "UTC", ["2026-02-06T00:00", "2026-02-13T00:00", "2026-02-20T00:00"]],
  ["0 0 13 * *", "2026-02-01T00:00:00Z", "UTC", ["2026-02-13T00:00", "2026-03-13T00:00"]],
  ["0 0 */10 * fri", "2026-02-01T00:00:00Z", "UTC", ["2026-02-06T00:00", "2026-02-11T00:00"]],
  ["@monthly", "2026-01-15T00:00:00Z", "UTC", ["2026-02-01T00:00", "2026-03-01T00:00"]],
  ["@every 90m", "2026-01-01T00:00:00Z", "UTC", ["2026-01-01T01:30", "2026-01-01T03:00"]],
  ["0 0 * * *", "2026-01-01T00:00:00Z", "Asia/Kolkata", ["2026-01-01T18:30", "2026-01-02T18:30"]],
  // Half past two is left out on the night when clocks go forward, and comes twice when they go back.
  ["30 2 * * *", "2026-03-28T12:00:00Z", "Europe/Berlin", ["2026-03-30T00:30"]],
  ["30 2 * * *", "2026-10-24T12:00:00Z", "Europe/Berlin", ["2026-10-25T00:30", "2026-10-25T01:30", "2026-10-26T01:30"]],
  ["0 8 * * *", "2026-03-07T12:00:00Z", "America/New_York", ["2026-03-07T13:00", "2026-03-08T12:00"]],
  ["0 0 1 * *", "2026-10-02T00:00:00Z", "America/New_York", ["2026-11-01T04:00", "2026-12-01T05:00"]],
];
for (const [schedule, after, zone, expected] of cases)
  test(`${schedule} behind ${after} in ${zone}: ${expected.join(", ")}`, () => {
    assert.deepEqual(times(schedule, after, zone, expected.length), expected);
  });

test("times are told with the zone's distance from UTC", () => {
  const time = Date.parse("2026-07-01T00:00:00Z");
  assert.equal(zonedTime(time), "2026-07-01T00:00:00Z");
  assert.equal(zonedTime(time, "Asia/Kolkata"), "2026-07-01T05:30:00+05:30");
  assert.equal(zonedTime(time, "America/New_York"), "2026-06-30T20:00:00-04:00");
});
