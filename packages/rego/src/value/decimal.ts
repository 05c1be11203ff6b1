/**
 * A number that a JavaScript number or bigint cannot hold, or that OPA prints in another way than these: `coefficient × 10^exponent`, with
 * a coefficient that is not a multiple of ten unless it is 0 (so that equal numbers have equal fields).
 */
export class Decimal {
  readonly coefficient: bigint;
  readonly exponent: number;
  /** The same number where it needs no class: its `Map` key, and what it is compared as. */
  readonly plain: number | bigint | undefined;
  /** As somebody wrote it, who will see it so again: `2e308`, `1.0`. Not part of what the number is. */
  readonly written: string | undefined;

  /** Use the makers in `number.ts`: they leave to plain numbers what these can hold. */
  constructor(coefficient: bigint, exponent: number, plain?: number | bigint, written?: string) {
    this.coefficient = coefficient;
    this.exponent = exponent;
    this.plain = plain;
    this.written = written;
  }

  /** As it was written; else as Go prints a `big.Float` shortest: integers plainly, others with an exponent below -4 and from 6 on. */
  toString(): string {
    return this.written ?? this.shortestText();
  }

  /** The same for equal numbers. */
  shortestText(): string {
    const negative = this.coefficient < 0n;
    const digits = (negative ? -this.coefficient : this.coefficient).toString();
    const point = digits.length + this.exponent;
    const isScientific = this.exponent < 0 && (point > 6 || point < -3);
    const text = isScientific ? scientific(digits, point - 1) : plain(digits, point);
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
