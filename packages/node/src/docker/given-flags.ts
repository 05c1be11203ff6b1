import { cut } from "./flag-values.ts";

/** The flags of one command, as checks of them all ask. */
export interface GivenFlags {
  readonly all: (flag: string) => readonly string[];
  readonly last: (flag: string) => string | undefined;
  readonly has: (flag: string) => boolean;
}

export function givenFlags(flags: readonly (readonly [flag: string, value: string])[]): GivenFlags {
  const all = (flag: string) => flags.filter(([name]) => name === flag).map(([, value]) => value);
  return { all, last: (flag) => all(flag).at(-1), has: (flag) => all(flag).length > 0 };
}

/** What is wrong with a whole command, in docker's words; undefined for a right one. */
export type CommandCheck = (given: GivenFlags) => string | undefined;

/** The first fault among a flag's values. */
export function each(flag: string, faultOf: (value: string) => string | undefined): CommandCheck {
  return ({ all }) =>
    all(flag)
      .map(faultOf)
      .find((fault) => fault !== undefined);
}

/** The first fault that checks find. */
export function firstFault(checks: readonly CommandCheck[], given: GivenFlags): string | undefined {
  for (const check of checks) {
    const fault = check(given);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** `a:b`, `a=b`; no second part where neither separator stands. */
export function securityOption(value: string): readonly [key: string, text: string | undefined] {
  const made = cut(value, "=");
  return made[1] === undefined && made[0] !== "no-new-privileges" ? cut(value, ":") : made;
}
