import { type ConversionStrategy, ExternalSecretError, type SecretData } from "./external-secret.ts";

/** Characters that keys of a Secret have not. */
const foreign = /[^-._a-zA-Z0-9]/gu;

/** The same with keys that a Secret takes: others become `_`, or `_U` with the character's number. Throws `ExternalSecretError` where two become one. */
export function convertKeys(data: SecretData, strategy: ConversionStrategy = "Default"): SecretData {
  const converted = new Map<string, Uint8Array>();
  for (const [key, value] of data) {
    const next = key.replace(foreign, (character) => (strategy === "Unicode" ? unicodeOf(character) : "_"));
    if (converted.has(next)) throw new ExternalSecretError(`two keys become ${next}; rewrite one of them`);
    converted.set(next, value);
  }
  return converted;
}

function unicodeOf(character: string): string {
  return `_U${(character.codePointAt(0) as number).toString(16).padStart(4, "0")}_`;
}

/** Throws `ExternalSecretError` for a key that no Secret takes. */
export function checkKeys(data: SecretData): void {
  for (const key of data.keys())
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key) || key === "." || key.startsWith(".."))
      throw new ExternalSecretError(
        `${JSON.stringify(key)} is no key of a Secret: expected at most 253 letters, digits, -, _ and .`,
      );
}
