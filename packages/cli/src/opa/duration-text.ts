const units: readonly (readonly [name: string, ns: number])[] = [
  ["s", 1e9],
  ["ms", 1e6],
  ["µs", 1e3],
];

/** Nanoseconds as Go prints a time.Duration: `1.5s`, `2m0.5s`, `312.814µs`, `0s`. */
export function durationText(ns: number): string {
  if (ns < 0) return `-${durationText(-ns)}`;
  if (ns === 0) return "0s";
  if (ns < 1e3) return `${ns}ns`;
  const seconds = Math.floor(ns / 1e9);
  const minutes = Math.floor(seconds / 60);
  if (minutes > 0) {
    const rest = `${minutes % 60}m${fraction(ns - minutes * 60e9, 1e9)}s`;
    return minutes >= 60 ? `${Math.floor(minutes / 60)}h${rest}` : rest;
  }
  const [name, size] = units.find(([, size]) => ns >= size) ?? (["µs", 1e3] as const);
  return fraction(ns, size) + name;
}

/** All of its digits, without zeros at the end. */
function fraction(ns: number, size: number): string {
  const digits = String(size).length - 1;
  const rest = String(ns % size)
    .padStart(digits, "0")
    .replace(/0+$/, "");
  return String(Math.floor(ns / size)) + (rest === "" ? "" : `.${rest}`);
}
