/**
 * A decimal that neither a safe integer nor a shortest-text double can hold: `coefficient × 10^exponent`, with a
 * coefficient that is not a multiple of ten (so that equal numbers have equal fields).
 */
export class Decimal {
  readonly coefficient: bigint;
  readonly exponent: number;
  /** As somebody wrote it, who will see it so again: `2e308`. Not part of what the number is. */
  readonly written: string | undefined;

  /** Use `normalizeNumber`: it keeps the one-representation rule of `Value`. */
  constructor(coefficient: bigint, exponent: number, written?: string) {
    this.coefficient = coefficient;
    this.exponent = exponent;
    this.written = written;
  }

  /** Go's shortest text: plain digits for exponents from -6 to 20, else scientific with a two-digit exponent. */
  toString(): string {
    const negative = this.coefficient < 0n;
    const digits = (negative ? -this.coefficient : this.coefficient).toString();
    const point = digits.length + this.exponent;
    const text = point > 21 || point < -5 ? scientific(digits, point - 1) : plain(digits, point);
    return negative ? "-" + text : text;
  }
}

function plain(digits: string, point: number): string {
  if (point <= 0) return "0." + "0".repeat(-point) + digits;
  if (point >= digits.length) return digits + "0".repeat(point - digits.length);
  return digits.slice(0, point) + "." + digits.slice(point);
}

function scientific(digits: string, exponent: number): string {
  const mantissa = digits.length === 1 ? digits : digits[0] + "." + digits.slice(1);
  const size = Math.abs(exponent).toString().padStart(2, "0");
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
}
