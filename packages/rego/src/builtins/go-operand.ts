import { formatFloat } from "./go-float.ts";
import { formatBigInteger, formatInteger } from "./go-integer.ts";
import { goQuote } from "./go-quote.ts";
import { cut, pad, plainVerb, type Verb } from "./go-verb.ts";

/** What Go's fmt prints: a value, by the type that Go has for it. */
export type GoOperand =
  | { readonly kind: "nil" }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "integer"; readonly type: "int" | "int64"; readonly value: bigint }
  | { readonly kind: "big"; readonly value: bigint }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "text"; readonly type: "string" | "json.Number"; readonly text: string }
  | { readonly kind: "slice"; readonly items: readonly GoOperand[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly [GoOperand, GoOperand])[] };

/** As Go's `%T`. */
export function typeOfOperand(operand: GoOperand): string {
  switch (operand.kind) {
    case "nil":
      return "<nil>";
    case "big":
      return "*big.Int";
    case "float":
      return "float64";
    case "slice":
      return "[]interface {}";
    case "map":
      return "map[string]interface {}";
    case "bool":
      return "bool";
    default:
      return operand.type;
  }
}

/** An operand by a verb of a format; of nothing Go says so, whatever the verb. */
export function formatOperand(operand: GoOperand, verb: Verb): string {
  const { letter } = verb;
  if (operand.kind === "nil") return "vT".includes(letter) ? pad("<nil>", verb) : `%!${letter}(<nil>)`;
  if (letter === "T") return pad(cut(typeOfOperand(operand), verb), verb);
  // Errors alone have %w, and a list or map that has it is shown as a whole.
  return letter === "w" ? badVerb(operand, verb) : formatValue(operand, verb);
}

/** As Go's `%v`. */
export function operandText(operand: GoOperand): string {
  return formatOperand(operand, plainVerb);
}

/** What stands in a list or a map, too. */
function formatValue(operand: GoOperand, verb: Verb): string {
  switch (operand.kind) {
    case "nil":
      return verb.sharpV ? "interface {}(nil)" : "<nil>";
    case "slice":
      return formatSlice(operand.items, verb);
    case "map":
      return formatMap(operand.entries, verb);
    case "big":
      return formatBigInteger(operand.value, verb);
    default:
      return formatBasic(operand, verb) ?? badVerb(operand, verb);
  }
}

type Basic = Exclude<GoOperand, { readonly kind: "nil" | "slice" | "map" | "big" }>;

/** Undefined for a verb that the type does not know. */
function formatBasic(operand: Basic, verb: Verb): string | undefined {
  switch (operand.kind) {
    case "bool":
      return "tv".includes(verb.letter) ? pad(String(operand.value), verb) : undefined;
    case "integer":
      return formatInteger(operand.value, verb);
    case "float":
      return formatFloat(operand.value, verb);
    case "text":
      return formatText(operand.text, verb);
  }
}

/** Of a verb that the type does not know Go shows what it was given, with the same flags, width and precision. */
function badVerb(operand: GoOperand, verb: Verb): string {
  return `%!${verb.letter}(${typeOfOperand(operand)}=${formatValue(operand, { ...verb, letter: "v" })})`;
}

function formatText(text: string, verb: Verb): string | undefined {
  switch (verb.letter) {
    case "v":
      return pad(verb.sharpV ? goQuote(cut(text, verb)) : cut(text, verb), verb);
    case "s":
      return pad(cut(text, verb), verb);
    case "q":
      return pad(quoted(cut(text, verb), verb), verb);
    case "x":
      return pad(hexText(text, verb), verb);
    case "X":
      return pad(hexText(text, verb).toUpperCase(), verb);
    default:
      return undefined;
  }
}

function quoted(text: string, { sharp, plus }: Verb): string {
  return sharp && !notBetweenBackquotes.test(text) ? `\`${text}\`` : goQuote(text, plus);
}

/** Control characters but tabs, other backquotes and the byte order mark. */
const notBetweenBackquotes = /[`\ufeff]|(?![\t\u0080-\u009f])\p{Cc}/u;

/** The precision counts bytes here. */
function hexText(text: string, { precision, sharp, space }: Verb): string {
  const bytes = [...new TextEncoder().encode(text).subarray(0, precision)];
  const prefix = sharp && bytes.length > 0 ? "0x" : "";
  return prefix + bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(space ? ` ${prefix}` : "");
}

function formatSlice(items: readonly GoOperand[], verb: Verb): string {
  const texts = items.map((each) => formatValue(each, verb));
  return verb.sharpV ? `[]interface {}{${texts.join(", ")}}` : `[${texts.join(" ")}]`;
}

function formatMap(entries: readonly (readonly [GoOperand, GoOperand])[], verb: Verb): string {
  const texts = entries.map(([key, value]) => `${formatValue(key, verb)}:${formatValue(value, verb)}`);
  return verb.sharpV ? `map[string]interface {}{${texts.join(", ")}}` : `map[${texts.join(" ")}]`;
}
