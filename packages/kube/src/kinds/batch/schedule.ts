/** Bounds and names of the fields of a cron expression, in their order. */
const fields: readonly { readonly min: number; readonly max: number; readonly names: readonly string[] }[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"] },
  { min: 0, max: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];
const descriptors = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/** What is wrong with a schedule of a CronJob, in the words of github.com/robfig/cron; undefined when nothing is. */
export function scheduleFault(text: string): string | undefined {
  const zoned = /^(?:TZ|CRON_TZ)=(\S*)\s+/.exec(text);
  const spec = zoned === null ? text : text.slice(zoned[0].length).trim();
  if (spec.startsWith("@")) return descriptorFault(spec);
  const parts = spec.split(/\s+/).filter((part) => part !== "");
  if (parts.length !== fields.length) return `expected exactly 5 fields, found ${parts.length}: [${parts.join(" ")}]`;
  for (const [i, part] of parts.entries()) {
    const fault = part
      .split(",")
      .filter((each) => each !== "")
      .map((each) => rangeFault(each, i))
      .find((each) => each !== undefined);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function descriptorFault(spec: string): string | undefined {
  if (descriptors.includes(spec)) return undefined;
  if (!spec.startsWith("@every ")) return `unrecognized descriptor: ${spec}`;
  const duration = spec.slice("@every ".length);
  return /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(duration)
    ? undefined
    : `failed to parse duration ${spec}: time: invalid duration ${JSON.stringify(duration)}`;
}

function rangeFault(text: string, index: number): string | undefined {
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
  return step === 0 ? `step of range should be a positive number: ${text}` : undefined;
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
