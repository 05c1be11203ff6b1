import { typeName } from "../value/access.ts";
import { RegoSet, sortedEntries } from "../value/collection.ts";
import { bigintOf, doubleOf, isWrittenInteger, type NumberValue, numberText } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { operandTypeError } from "./builtin.ts";
import { formatOf, type Piece } from "./go-format-parse.ts";
import { formatOperand, type GoOperand, operandText, typeOfOperand } from "./go-operand.ts";
import { goQuote } from "./go-quote.ts";
import { verbOf } from "./go-verb.ts";
import { checkLength, printable } from "./length.ts";
import { isNumber } from "./operands.ts";

/** Go's fmt.Sprintf as OPA calls it: integers as int64, other numbers as float64, strings as they are, all else as its Rego text. */
export function sprintf(format: string, operands: Value): string {
  if (!Array.isArray(operands)) throw operandTypeError(2, "array", typeName(operands));
  const args = operands as readonly Value[];
  const taken = new Taken(args.length, (at) => operandOf(args[at] as Value));
  return formatPieces(format, taken, args);
}

/** Go's fmt.Sprintf. https://pkg.go.dev/fmt#Sprintf */
export function goSprintf(format: string, operands: readonly GoOperand[]): string {
  return formatPieces(format, new Taken(operands.length, (at) => operands[at] as GoOperand), []);
}

/** `values`: those of Rego that the operands are, where they are. */
function formatPieces(format: string, taken: Taken, values: readonly Value[]): string {
  const { pieces, rest } = formatOf(format);
  let text = "";
  for (const piece of pieces) {
    text += piece.before;
    const value = values[taken.used];
    // By far the most are texts and small integers by a verb alone.
    if (typeof value === "string" && piece.isPlainText) {
      text += value;
      taken.used++;
    } else if (piece.isPlainNumber && typeof value === "number" && Number.isSafeInteger(value)) {
      // Go has no negative zero among the integers.
      text += value || 0;
      taken.used++;
    } else {
      text += formatPiece(piece, taken);
      // Widths and precisions alone make more of what there is.
      if (!piece.isBare) checkLength(text.length);
    }
  }
  text += rest;
  if (taken.used >= taken.count || taken.isReordered) return text;
  return `${text}%!(EXTRA ${taken.rest().map(extraText).join(", ")})`;
}

function extraText(operand: GoOperand): string {
  return operand.kind === "nil" ? "<nil>" : `${typeOfOperand(operand)}=${operandText(operand)}`;
}

/** The operands, and how many of them were taken: unless a format says which one it wants. */
class Taken {
  readonly count: number;
  readonly operand: (at: number) => GoOperand;
  used = 0;
  isReordered = false;

  constructor(count: number, operand: (at: number) => GoOperand) {
    this.count = count;
    this.operand = operand;
  }

  rest(): readonly GoOperand[] {
    return Array.from({ length: this.count - this.used }, (_, i) => this.operand(this.used + i));
  }

  /** To the operand with this number, counted from 1; false when there is none. */
  moveTo(index: Piece["indexes"][number]): boolean {
    if (index === undefined) return true;
    this.isReordered = true;
    const { number = 0 } = index;
    if (number < 1 || number > this.count) return false;
    this.used = number - 1;
    return true;
  }

  /** What an operand says of a width or precision; undefined where it says none. */
  size(): number | undefined {
    if (this.used >= this.count) return undefined;
    const operand = this.operand(this.used++);
    if (operand.kind !== "integer") return undefined;
    const size = Number(operand.value);
    return Math.abs(size) > maxSize ? undefined : size;
  }
}

/** Go takes no larger width or precision from an operand. */
const maxSize = 1_000_000;

function formatPiece(piece: Piece, taken: Taken): string {
  const { letter, indexes } = piece;
  const [first, second, third] = indexes;
  let isGood = taken.moveTo(first) && !piece.isMisplaced;
  let fault = "";
  const width = piece.width === "*" ? taken.size() : piece.width;
  if (piece.width === "*" && width === undefined) fault += "%!(BADWIDTH)";
  isGood = taken.moveTo(second) && isGood;
  let precision = piece.precision === "*" ? taken.size() : piece.precision;
  if (precision !== undefined && precision < 0) precision = undefined;
  if (piece.precision === "*" && precision === undefined) fault += "%!(BADPREC)";
  isGood = taken.moveTo(third) && isGood;
  if (letter === undefined) return `${fault}%!(NOVERB)`;
  if (letter === "%") return `${fault}%`;
  if (!isGood) return `${fault}%!${letter}(BADINDEX)`;
  if (taken.used >= taken.count) return `${fault}%!${letter}(MISSING)`;
  // A negative width stands for the flag.
  const flags = (width ?? 0) < 0 ? `${piece.flags}-` : piece.flags;
  const size = width === undefined ? undefined : Math.abs(width);
  return fault + formatOperand(taken.operand(taken.used++), verbOf(letter, flags, size, precision));
}

/** What OPA hands to Go. */
function operandOf(value: Value): GoOperand {
  if (typeof value === "string") return { kind: "text", type: "string", text: value };
  return isNumber(value) ? numberOperand(value) : { kind: "text", type: "string", text: regoText(value) };
}

/** An integer when it is written as one, a float64 when it has a point, else its text. */
function numberOperand(value: NumberValue): GoOperand {
  if (typeof value === "bigint" || isWrittenInteger(value)) return integerOperand(bigintOf(value));
  const text = numberText(value);
  const double = doubleOf(value);
  if (text.includes(".") && Number.isFinite(double)) return { kind: "float", value: double };
  return { kind: "text", type: "string", text };
}

function integerOperand(value: bigint): GoOperand {
  if (BigInt.asIntN(64, value) === value) return { kind: "integer", type: "int64", value };
  return { kind: "big", value };
}

/** A value as Rego text, as OPA prints terms: `{"a": 1}`, `{1, 2}`, `set()`. */
export function regoText(value: Value): string {
  return termText(printable(value));
}

function termText(value: Value): string {
  if (typeof value === "string") return goQuote(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (isNumber(value)) return numberText(value);
  if (Array.isArray(value)) return `[${value.map(termText).join(", ")}]`;
  if (value instanceof RegoSet) return value.size === 0 ? "set()" : `{${value.sorted().map(termText).join(", ")}}`;
  return `{${sortedEntries(value as Value)
    .map(([key, item]) => `${termText(key)}: ${termText(item)}`)
    .join(", ")}}`;
}
