import type { Library } from "../../check/environment.ts";
import { BOOL, INT, STRING, structType, type Type } from "../../check/type.ts";
import { CelError, Opaque, type Value } from "../../value/value.ts";
import { declare, global, member } from "../declare.ts";

const SEMVER: Type = structType("kubernetes.Semver");

export class Semver extends Opaque {
  readonly type: Type = SEMVER;
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly prerelease: readonly string[];

  constructor(numbers: readonly [bigint, bigint, bigint], prerelease: readonly string[]) {
    super();
    this.numbers = numbers;
    this.prerelease = prerelease;
  }

  override equals(other: Opaque): boolean {
    return other instanceof Semver && compare(this, other) === 0;
  }
}

/** Kubernetes' semver library, version 1: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-semver-library */
export const semver: Library = {
  name: "kubernetes.semver",
  functions: [
    declare(
      "semver",
      global("string_to_semver", [STRING], SEMVER, parseSemver),
      global("string_bool_to_semver", [STRING, BOOL], SEMVER, parseLoosely),
    ),
    declare(
      "isSemver",
      global("is_semver_string", [STRING], BOOL, (text: string) => parseSemver(text) instanceof Semver),
      global(
        "is_semver_string_bool",
        [STRING, BOOL],
        BOOL,
        (text: string, isLoose: boolean) => parseLoosely(text, isLoose) instanceof Semver,
      ),
    ),
    declare(
      "isGreaterThan",
      member("semver_is_greater_than", [SEMVER, SEMVER], BOOL, (a: Semver, b: Semver) => compare(a, b) > 0),
    ),
    declare(
      "isLessThan",
      member("semver_is_less_than", [SEMVER, SEMVER], BOOL, (a: Semver, b: Semver) => compare(a, b) < 0),
    ),
    declare(
      "compareTo",
      member("semver_compare_to", [SEMVER, SEMVER], INT, (a: Semver, b: Semver) => BigInt(compare(a, b))),
    ),
    declare(
      "major",
      member("semver_major", [SEMVER], INT, ({ numbers }: Semver) => numbers[0]),
    ),
    declare(
      "minor",
      member("semver_minor", [SEMVER], INT, ({ numbers }: Semver) => numbers[1]),
    ),
    declare(
      "patch",
      member("semver_patch", [SEMVER], INT, ({ numbers }: Semver) => numbers[2]),
    ),
  ],
};

/** As blang/semver parses, in its words. */
function parseSemver(text: string): Value {
  if (text === "") return new CelError("Version string empty");
  const [major, minor, ...rest] = text.split(".");
  if (major === undefined || minor === undefined || rest.length === 0)
    return new CelError("No Major.Minor.Patch elements found");
  const [, patch = "", prerelease, build] = /^([^-+]*)(?:-([^+]*))?(?:\+(.*))?$/s.exec(rest.join(".")) ?? [];
  const numbers: bigint[] = [];
  for (const [name, part] of Object.entries({ Major: major, Minor: minor, Patch: patch })) {
    const number = numberOf(part, {
      character: `Invalid character(s) found in ${name.toLowerCase()} number`,
      zeroes: `${name} number must not contain leading zeroes`,
    });
    if (number instanceof CelError) return number;
    numbers.push(number);
  }
  const identifiers = prerelease?.split(".") ?? [];
  const fault =
    identifiers.map(prereleaseFault).find((each) => each !== undefined) ??
    build
      ?.split(".")
      .map(buildFault)
      .find((each) => each !== undefined);
  return fault ?? new Semver(numbers as unknown as [bigint, bigint, bigint], identifiers);
}

const maxUint64 = 2n ** 64n - 1n;

function numberOf(text: string, said: { readonly character: string; readonly zeroes: string }): bigint | CelError {
  const quoted = JSON.stringify(text);
  if (!/^\d*$/.test(text)) return new CelError(`${said.character} ${quoted}`);
  if (/^0\d/.test(text)) return new CelError(`${said.zeroes} ${quoted}`);
  if (text === "") return new CelError(`strconv.ParseUint: parsing ${quoted}: invalid syntax`);
  const number = BigInt(text);
  return number > maxUint64 ? new CelError(`strconv.ParseUint: parsing ${quoted}: value out of range`) : number;
}

function prereleaseFault(text: string): CelError | undefined {
  if (text === "") return new CelError("Prerelease is empty");
  if (!/^[0-9A-Za-z-]+$/.test(text))
    return new CelError(`Invalid character(s) found in prerelease ${JSON.stringify(text)}`);
  if (!/^\d+$/.test(text)) return undefined;
  const number = numberOf(text, {
    character: "",
    zeroes: "Numeric PreRelease version must not contain leading zeroes",
  });
  return number instanceof CelError ? number : undefined;
}

function buildFault(text: string): CelError | undefined {
  if (text === "") return new CelError("Build meta data is empty");
  if (/^[0-9A-Za-z-]+$/.test(text)) return undefined;
  return new CelError(`Invalid character(s) found in build meta data ${JSON.stringify(text)}`);
}

/** Takes a `v` before the version, fewer than three numbers, and leading zeros, when asked. */
function parseLoosely(text: string, isLoose: boolean): Value {
  if (!isLoose) return parseSemver(text);
  const [major = "", minor, ...rest] = text.replace(/^v/, "").split(".");
  const parts = [major, ...(minor === undefined ? [] : [minor]), ...(rest.length === 0 ? [] : [rest.join(".")])];
  const stripped = parts.map((part) => (part.length > 1 ? part.replace(/^0+/, "").replace(/^(?!\d)/, "0") : part));
  if (stripped.length < 3 && /[-+]/.test(stripped.at(-1) ?? ""))
    return new CelError("short version cannot contain PreRelease/Build meta data");
  while (stripped.length < 3) stripped.push("0");
  return parseSemver(stripped.join("."));
}

function compare(a: Semver, b: Semver): number {
  for (const [index, number] of a.numbers.entries()) {
    const other = b.numbers[index] as bigint;
    if (number !== other) return number < other ? -1 : 1;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0)
    return Math.sign(b.prerelease.length - a.prerelease.length);
  for (let index = 0; index < Math.min(a.prerelease.length, b.prerelease.length); index++) {
    const sign = compareIdentifiers(a.prerelease[index] as string, b.prerelease[index] as string);
    if (sign !== 0) return sign;
  }
  return Math.sign(a.prerelease.length - b.prerelease.length);
}

/** Numbers by their value and before words; words by their letters. */
function compareIdentifiers(a: string, b: string): number {
  const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  const [left, right] = isNumberA ? [BigInt(a), BigInt(b)] : [a, b];
  return left < right ? -1 : left > right ? 1 : 0;
}
