import { scryptSync } from "node:crypto";

/**
 * Of scrypt, for 4 MiB and some milliseconds a guess: the values of a list of findings include passwords that people choose, which a
 * plain hash would give away.
 */
const cost = { N: 4096, r: 8, p: 1 };

const bytes = 8;

/** Everybody's: the same value has the same fingerprint on each machine, so that a baseline holds everywhere. */
const defaultSalt = "sallyport secrets scan, version 1";

/**
 * Makes fingerprints of values: 16 hexadecimal digits of scrypt over the value, salted with `salt`. With a salt that is kept secret
 * nobody can tell of a fingerprint whether a guessed value is behind it; with the default one that costs some milliseconds a guess.
 */
export function createFingerprint(salt: string = defaultSalt): (value: string) => string {
  const known = new Map<string, string>();
  return (value) => {
    const made = known.get(value) ?? scryptSync(value, salt, bytes, cost).toString("hex");
    known.set(value, made);
    return made;
  };
}
