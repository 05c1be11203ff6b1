import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Copies of the database in other time scales, the machine's own zone, and zones that Intl does not know. */
const skipped = new Set(["posix", "right", "localtime", "posixrules", "Factory"]);

/**
 * Which time zones there are, and how each abbreviates the offsets that it has used: ECMAScript's Intl knows the offsets,
 * but abbreviates few of them. Read from a compiled IANA database (RFC 8536); the database is in the public domain.
 */
export function zonesText(folder: string): string {
  const sets: string[] = [];
  const zones: { [zone: string]: number } = {};
  for (const file of filesUnder(folder).sort()) {
    const bytes = readFileSync(file);
    if (bytes.subarray(0, 4).toString("latin1") !== "TZif") continue;
    const text = abbreviations(bytes);
    if (!sets.includes(text)) sets.push(text);
    zones[relative(folder, file)] = sets.indexOf(text);
  }
  return `${JSON.stringify({ sets, zones }).replaceAll(/(,"[^"]+":)/g, "\n$1")}\n`;
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !skipped.has(name))
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? filesUnder(path) : [path];
    });
}

/** `3600 CET,7200 CEST`: seconds east of UTC, each with the name that it was last known by. Local mean time is left out. */
function abbreviations(bytes: Buffer): string {
  const start = 44 + bodySize(bytes, 0, 4);
  const counts = countsAt(bytes, start);
  const indices = start + 44 + counts.times * 8;
  const types = indices + counts.times;
  const names = types + counts.types * 6;
  const known = new Map<number, string>();
  const learn = (type: number) => {
    const at = names + bytes.readUInt8(types + type * 6 + 5);
    const name = bytes.toString("latin1", at, bytes.indexOf(0, at));
    if (name !== "LMT") known.set(bytes.readInt32BE(types + type * 6), name);
  };
  learn(0);
  for (let i = 0; i < counts.times; i++) learn(bytes.readUInt8(indices + i));
  return [...known]
    .sort(([a], [b]) => a - b)
    .map(([offset, name]) => `${offset} ${name}`)
    .join();
}

function countsAt(
  bytes: Buffer,
  at: number,
): { times: number; types: number; chars: number; leaps: number; tail: number } {
  const [utc, standard, leaps, times, types, chars] = [20, 24, 28, 32, 36, 40].map((offset) =>
    bytes.readUInt32BE(at + offset),
  ) as [number, number, number, number, number, number];
  return { times, types, chars, leaps, tail: utc + standard };
}

function bodySize(bytes: Buffer, at: number, timeSize: number): number {
  const { times, types, chars, leaps, tail } = countsAt(bytes, at);
  return times * (timeSize + 1) + types * 6 + chars + leaps * (timeSize + 4) + tail;
}

export function generateZones(root: string): readonly string[] {
  const file = join(root, "packages/rego/src/builtins/zones.generated.json");
  writeFileSync(file, zonesText(process.env["ZONEINFO"] ?? "/usr/share/zoneinfo"));
  return [file];
}
