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

function parseSemver(text: string): Value {
  if (text === "") return new CelError("Version string empty");
  const match = /^([^.]*)\.([^.]*)\.([^-+]*)(?:-([^+]*))?(?:\+(.*))?$/s.exec(text);
  if (match === null) return new CelError("No Major.Minor.Patch elements found");
  const numbers: bigint[] = [];
  for (const [index, part] of [match[1], match[2], match[3]].entries()) {
    const name = ["major", "minor", "patch"][index] as string;
    const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    if (part === undefined || !/^\d+$/.test(part))
      return new CelError(`Invalid character(s) found in ${name} number ${JSON.stringify(part)}`);
    if (part.length > 1 && part.startsWith("0"))
      return new CelError(`${title} number must not contain leading zeroes ${JSON.stringify(part)}`);
    numbers.push(BigInt(part));
  }
  const prerelease = match[4] === undefined ? [] : match[4].split(".");
  const wrong = prerelease.find((part) => !/^[0-9A-Za-z-]+$/.test(part) || /^0\d+$/.test(part));
  if (wrong !== undefined)
    return new CelError(
      wrong === "" ? "Prerelease is empty" : `Invalid character(s) found in prerelease ${JSON.stringify(wrong)}`,
    );
  const build = match[5]?.split(".").find((part) => !/^[0-9A-Za-z-]+$/.test(part));
  if (build !== undefined)
    return new CelError(
      build === ""
        ? "Build meta data is empty"
        : `Invalid character(s) found in build meta data ${JSON.stringify(build)}`,
    );
  return new Semver(numbers as unknown as [bigint, bigint, bigint], prerelease);
}

/** Takes a `v` before the version, fewer than three numbers, and leading zeros, when asked. */
function parseLoosely(text: string, isLoose: boolean): Value {
  if (!isLoose) return parseSemver(text);
  const [, core = "", rest = ""] = /^v?([^-+]*)(.*)$/s.exec(text) ?? [];
  const numbers = core.split(".").map((part) => part.replace(/^0+(?=\d)/, ""));
  if (numbers.length < 3 && rest !== "") return new CelError("short version cannot contain PreRelease/Build meta data");
  while (numbers.length < 3) numbers.push("0");
  return parseSemver(numbers.join(".") + rest);
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
