const unitNanos: { readonly [unit: string]: number } = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 6e10,
  h: 3.6e12,
};

/** time.ParseDuration: nanoseconds of `1h30m`, or what it says of other texts. */
export function parseGoDuration(text: string): number | { readonly fault: string } {
  const fault = (why: string) => ({ fault: `time: ${why}duration ${JSON.stringify(text)}` });
  const [, sign = "", body = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (body === "0") return 0;
  if (body === "") return fault("invalid ");
  let [rest, nanos] = [body, 0];
  while (rest !== "") {
    const [all = "", number = "", unit = ""] = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest) ?? [];
    if (all === "") return fault("invalid ");
    if (unit === "") return fault("missing unit in ");
    const factor = unitNanos[unit];
    if (factor === undefined) return fault(`unknown unit ${JSON.stringify(unit)} in `);
    nanos += Number(number) * factor;
    rest = rest.slice(all.length);
  }
  if (nanos > 2 ** 63) return fault("invalid ");
  return sign === "-" ? -nanos : nanos;
}
