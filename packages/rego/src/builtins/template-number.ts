/** What stands where a number is written: Go takes all of it for one, and then may not know it. */
export const writtenNumber =
  /(?=[-+\d]|\.\d|\.$)[-+]?(?:0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][-+]?[\d_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[\d_]*(?:\.[\d_]*)?(?:[eE][-+]?[\d_]*)?)/y;

const leastInteger = -(2n ** 63n);
const mostInteger = 2n ** 63n - 1n;
const mostUnsigned = 2n ** 64n - 1n;

/** What Go makes of a number in a template: an int, a float64, or a fault of the text or, where it has the number but no int for it, of running it. */
export type TemplateNumber =
  | { readonly value: bigint | number }
  | { readonly fault: string }
  | { readonly beyond: true };

export function readNumber(text: string): TemplateNumber {
  const integer = integerOf(text);
  // Digits of a number with base 16 are no exponent; a sign before it hides that it has one.
  const isFloat = /[.eEpP]/.test(text) && !(/^0[xX]/.test(text) && !/[pP]/.test(text));
  if (integer !== undefined && isFloat) return { value: Number(integer) };
  if (integer !== undefined && integer >= leastInteger && integer <= mostInteger) return { value: integer };
  if (integer !== undefined && integer <= mostUnsigned && !/^[-+]/.test(text)) return { beyond: true };
  const float = floatOf(text);
  if (float === undefined) return { fault: "illegal number syntax" };
  return isFloat ? { value: float } : { fault: "integer overflow" };
}

/** Go's strconv.ParseInt with base 0; undefined for what is no integer. */
function integerOf(text: string): bigint | undefined {
  const size = text.replace(/^[-+]/, "");
  if (!areUnderscoresApart(size)) return undefined;
  const digits = size.replaceAll("_", "");
  const prefixed = /^0[xX][\da-fA-F]+$|^0[bB][01]+$|^0[oO][0-7]+$/.test(digits);
  const isOctal = /^0[0-7]+$/.test(digits);
  if (!prefixed && !isOctal && !/^(?:0|[1-9]\d*)$/.test(digits)) return undefined;
  const value = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
  return text.startsWith("-") ? -value : value;
}

/** Between digits, or behind a prefix. */
function areUnderscoresApart(size: string): boolean {
  return !/__|_$|^_|_\.|\._|[eEpP][-+]?_|_[pP]/.test(size) && !(/_[eE]/.test(size) && !/^0[xX]/.test(size));
}

/** Go's strconv.ParseFloat; undefined for what is no float64. */
function floatOf(text: string): number | undefined {
  const size = text.replace(/^[-+]/, "");
  if (!areUnderscoresApart(size)) return undefined;
  const value = /^0[xX]/.test(size) ? hexFloat(size.replaceAll("_", "")) : decimalFloat(size.replaceAll("_", ""));
  if (value === undefined || !Number.isFinite(value)) return undefined;
  return text.startsWith("-") ? -value : value;
}

function decimalFloat(size: string): number | undefined {
  return /^(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(size) ? Number(size) : undefined;
}

/** With a binary exponent, which there must be. */
function hexFloat(size: string): number | undefined {
  const found = /^0[xX]([\da-fA-F]*)\.?([\da-fA-F]*)[pP]([-+]?\d+)$/.exec(size);
  if (found === null) return undefined;
  const [, whole = "", fraction = "", exponent] = found;
  if (whole + fraction === "") return undefined;
  return Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - fraction.length * 4);
}
