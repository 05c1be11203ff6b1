import { type RegoObject, RegoSet, sortedEntries } from "../value/collection.ts";
import type { JsonObject, Value } from "../value/value.ts";
import { BuiltinError } from "./builtin.ts";
import { isNumber } from "./operands.ts";
import type { ChainOptions } from "./x509-chain.ts";

const usageNames = [
  "Any",
  "ServerAuth",
  "ClientAuth",
  "CodeSigning",
  "EmailProtection",
  "IPSECEndSystem",
  "IPSECTunnel",
  "IPSECUser",
  "TimeStamping",
  "OCSPSigning",
  "MicrosoftServerGatedCrypto",
  "NetscapeServerGatedCrypto",
  "MicrosoftCommercialCodeSigning",
  "MicrosoftKernelCodeSigning",
].map((name) => `KeyUsage${name}`);

/** What the second operand of `crypto.x509.parse_and_verify_certificates_with_options` says. */
export function chainOptionsFrom(given: JsonObject | RegoObject, nowNs: bigint): ChainOptions {
  let options: ChainOptions = { timeNs: nowNs };
  for (const [key, value] of sortedEntries(given)) {
    if (typeof key === "string") options = { ...options, ...optionFrom(key, value) };
  }
  return options;
}

function optionFrom(key: string, value: Value): Partial<ChainOptions> {
  switch (key) {
    case "DNSName":
      if (typeof value !== "string") throw new BuiltinError("'DNSName' should be a string");
      return { dnsName: withoutQuotes(value) };
    case "CurrentTime":
      if (!isNumber(value)) throw new BuiltinError("'CurrentTime' should be a number");
      return { timeNs: int64(value, "'CurrentTime' should be a valid int64 number") };
    case "MaxConstraintComparisons":
      // Read and checked, but without effect, as in Go 1.26.
      if (!isNumber(value)) throw new BuiltinError("'MaxConstraintComparisons' should be a number");
      int64(value, "'MaxConstraintComparisons' should be a valid number");
      return {};
    case "KeyUsages":
      return { keyUsages: usagesFrom(value) };
    default:
      throw new BuiltinError("invalid key option");
  }
}

function withoutQuotes(text: string): string {
  return text.replace(/^"+|"+$/g, "");
}

function int64(value: Value, fault: string): bigint {
  const isInteger = typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value));
  if (!isInteger || BigInt.asIntN(64, BigInt(value)) !== BigInt(value)) throw new BuiltinError(fault);
  return BigInt(value);
}

/** Values that are no strings are passed over. */
function usagesFrom(value: Value): readonly number[] {
  if (!Array.isArray(value) && !(value instanceof RegoSet))
    throw new BuiltinError("'KeyUsages' should be an Array or Set");
  const items: readonly Value[] = value instanceof RegoSet ? value.sorted() : (value as readonly Value[]);
  const names = items.filter((item) => typeof item === "string").map(withoutQuotes);
  const invalid = names.filter((name) => !usageNames.includes(name));
  if (invalid.length > 0) throw new BuiltinError(`invalid entries for 'KeyUsages' found: [${invalid.join(" ")}]`);
  return names.map((name) => usageNames.indexOf(name));
}
