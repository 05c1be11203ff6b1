import { BuiltinError } from "./builtin.ts";

/** An RSA private key of two primes (RFC 8017 section 3.2). */
export interface RsaKey {
  readonly n: bigint;
  readonly e: bigint;
  readonly d: bigint;
  readonly p: bigint;
  readonly q: bigint;
  readonly dp: bigint;
  readonly dq: bigint;
  readonly qInverse: bigint;
}

/** The inverse of `a` modulo `m`; undefined when they share a factor. */
export function inverse(a: bigint, m: bigint): bigint | undefined {
  let [r0, r1, s0, s1] = [m, a % m, 0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1] = [r1, r0 - quotient * r1];
    [s0, s1] = [s1, s0 - quotient * s1];
  }
  return r0 === 1n ? ((s0 % m) + m) % m : undefined;
}

/** Refuses keys whose numbers do not belong together, as Go's `rsa.PrivateKey.Validate` words it. */
export function checkRsaKey(key: RsaKey): void {
  const fault = publicFault(key) ?? privateFault(key);
  if (fault !== undefined) throw new BuiltinError(`crypto/rsa: ${fault}`);
}

function publicFault({ n, e }: RsaKey): string | undefined {
  if (n % 2n === 0n) return "public modulus is even";
  if (e < 2n) return "public exponent too small or negative";
  if (e % 2n === 0n) return "public exponent is even";
  return e >= 2n ** 31n ? "public exponent too large" : undefined;
}

function privateFault({ n, e, d, p, q, dp, dq, qInverse }: RsaKey): string | undefined {
  if (p >= n || q >= n || p < 3n || q < 3n) return "invalid prime";
  if (p * q !== n) return "p * q != n";
  const isExponent = (exponent: bigint, prime: bigint): boolean =>
    exponent < prime - 1n && (exponent * e) % (prime - 1n) === 1n;
  if (!isExponent(dp, p) || !isExponent(dq, q)) return "invalid CRT exponent";
  if ((q * qInverse) % p !== 1n) return "invalid CRT coefficient";
  if (d % (p - 1n) !== dp) return "d does not match dP";
  if (d % (q - 1n) !== dq) return "d does not match dQ";
  const bits = bitLength(n) >> 1;
  if (bitLength(p > q ? p - q : q - p) <= bits - 100) return "|p - q| too small";
  return bitLength(d) <= bits ? "d too small" : undefined;
}

export function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}
