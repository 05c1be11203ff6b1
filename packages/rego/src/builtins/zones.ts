import { BuiltinError } from "./builtin.ts";
import table from "./zones.generated.json" with { type: "json" };

/** A place in a time zone: seconds east of UTC, and what the zone is called there (`CET`, `-03`). */
export interface ZoneOffset {
  readonly seconds: number;
  readonly name: string;
}

const utc: ZoneOffset = { seconds: 0, name: "UTC" };

interface Zone {
  /** Undefined for the machine's own zone. */
  readonly name: string | undefined;
  readonly names: ReadonlyMap<number, string>;
  readonly format: Intl.DateTimeFormat;
  /** Offsets of hours that were asked about; undefined for an hour in which the offset changes. */
  readonly hours: Map<number, number | undefined>;
}

const secondsPerHour = 3600;

/** Hours kept of a zone: `Intl` takes microseconds to answer, and most questions are about the present. */
const maxHours = 256;

/** Never more than the zones there are: names are checked first. */
const zones = new Map<string, Zone>();

/** The offset at an instant, `""` and `UTC` being UTC and `Local` the machine's zone. Throws on unknown names. */
export function offsetAt(name: string, unixSeconds: number): ZoneOffset {
  if (name === "" || name === "UTC") return utc;
  const zone = findZone(name);
  const seconds = hourOffset(zone, unixSeconds) ?? offsetOf(zone, unixSeconds);
  return { seconds, name: zone.names.get(seconds) ?? "LMT" };
}

/** The offset of the whole hour around an instant. */
function hourOffset(zone: Zone, unixSeconds: number): number | undefined {
  const hour = Math.floor(unixSeconds / secondsPerHour);
  const known = zone.hours.get(hour);
  if (known !== undefined || zone.hours.has(hour)) return known;
  const first = offsetOf(zone, hour * secondsPerHour);
  const last = offsetOf(zone, (hour + 1) * secondsPerHour - 1);
  const offset = first === last ? first : undefined;
  if (zone.hours.size >= maxHours) zone.hours.clear();
  zone.hours.set(hour, offset);
  return offset;
}

function offsetOf({ format }: Zone, unixSeconds: number): number {
  return localSeconds(format, unixSeconds) - unixSeconds;
}

/** Throws as Go's time.LoadLocation does. */
export function checkZone(name: string): void {
  if (name !== "" && name !== "UTC") findZone(name);
}

/** The seconds that a clock in the zone shows, as seconds of UTC; `unix = local - offset`, as Go's time.Date chooses. */
export function unixOfLocal(name: string, localSeconds: number): number {
  const guess = localSeconds - offsetAt(name, localSeconds).seconds;
  return localSeconds - offsetAt(name, guess).seconds;
}

function findZone(name: string): Zone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone = createZone(name);
  zones.set(name, zone);
  return zone;
}

function createZone(name: string): Zone {
  if (name.includes("..") || name.startsWith("/") || name.includes("\\"))
    throw new BuiltinError("time: invalid location name");
  const canonical = name === "Local" ? Intl.DateTimeFormat().resolvedOptions().timeZone : name;
  const set = Object.hasOwn(table.zones, canonical) ? (table.zones as Record<string, number>)[canonical] : undefined;
  if (set === undefined) throw new BuiltinError(`unknown time zone ${name}`);
  return {
    name: canonical,
    names: offsetNames(table.sets[set] as string),
    format: createFormat(canonical),
    hours: new Map(),
  };
}

function offsetNames(set: string): ReadonlyMap<number, string> {
  return new Map(
    set.split(",").map((pair) => {
      const [seconds = "", name = ""] = pair.split(" ");
      return [Number(seconds), name] as const;
    }),
  );
}

function createFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
}

function localSeconds(format: Intl.DateTimeFormat, unixSeconds: number): number {
  const fields: { [type: string]: string } = {};
  for (const { type, value } of format.formatToParts(unixSeconds * 1000)) fields[type] = value;
  const number = (type: string) => Number(fields[type]);
  const year = fields["era"] === "BC" ? 1 - number("year") : number("year");
  const ms = Date.UTC(year, number("month") - 1, number("day"), number("hour"), number("minute"), number("second"));
  return ms / 1000;
}
