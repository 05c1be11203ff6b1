import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError } from "./builtin.ts";
import { goQuote } from "./go-quote.ts";
import { stringAt } from "./operands.ts";

interface Version {
  readonly numbers: readonly bigint[];
  readonly prerelease: readonly string[];
}

const identifiers = "[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*";
const pattern = new RegExp(`^v?(\\d+)\\.(\\d+)\\.(\\d+)(?:-(${identifiers})?)?(?:\\+(?:${identifiers})?)?$`);

const maxInt64 = 2n ** 63n - 1n;

/** https://semver.org, but as OPA reads it: a v before, zeros before numbers of 64 bits, and nothing behind - or +. */
function parseVersion(text: string): Version | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, major = "", minor = "", patch = "", prerelease] = match;
  const numbers = [major, minor, patch].map(BigInt);
  if (numbers.some((number) => number > maxInt64)) return undefined;
  return {
    numbers,
    prerelease: prerelease === undefined ? [] : prerelease.split("."),
  };
}

function versionOf(text: string, at: number): Version {
  const version = parseVersion(text);
  if (version === undefined) throw new BuiltinError(`operand ${at}: string ${goQuote(text)} is not a valid SemVer`);
  return version;
}

function compareTexts(args: readonly Value[]): number {
  const [a, b] = [stringAt(args, 1), stringAt(args, 2)];
  return compareVersions(versionOf(a, 1), versionOf(b, 2));
}

function compareVersions(a: Version, b: Version): number {
  for (const [i, number] of a.numbers.entries()) {
    const other = b.numbers[i] as bigint;
    if (number !== other) return number < other ? -1 : 1;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0)
    return Math.sign(b.prerelease.length - a.prerelease.length);
  for (const [i, part] of a.prerelease.entries()) {
    const other = b.prerelease[i];
    if (other === undefined) return 1;
    const order = compareIdentifiers(part, other);
    if (order !== 0) return order;
  }
  return a.prerelease.length < b.prerelease.length ? -1 : 0;
}

/** Numbers by size, before all words; words by their characters. */
function compareIdentifiers(a: string, b: string): number {
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (left && right) return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
  if (left !== right) return left ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/semver */
export const semver: readonly Builtin[] = [
  { name: "semver.compare", call: compareTexts },
  { name: "semver.is_valid", call: ([text]) => typeof text === "string" && parseVersion(text) !== undefined },
];
