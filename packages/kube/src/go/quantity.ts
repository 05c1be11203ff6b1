/** resource.Quantity: exact to the nano, and the family of suffixes in which it was written. */
export interface Quantity {
  readonly nanos: bigint;
  readonly format: "BinarySI" | "DecimalExponent" | "DecimalSI";
}

/** What kube-apiserver says of a text that is no quantity. */
export const quantityFormatFault =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const suffixFault = "unable to parse quantity's suffix";

const nano = 1_000_000_000n;
const decimalSuffixes: readonly string[] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const binarySuffixes: readonly string[] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/** Above 2^63-1 Kubernetes caps a quantity that is written in powers of two. */
const maxWhole = 2n ** 63n - 1n;

/** More digits than any amount has; the text is refused before it is made a number. */
const maxDigits = 200;

/** What was read before: the same few amounts stand in all pods of a workload. */
const read = new Map<string, Quantity | string>();
const maxRead = 1000;

/** Reads `100m`, `1.5Gi`, `1e3`; answers what is wrong with others. What is smaller than a nano is rounded up. */
export function parseQuantity(text: string): Quantity | string {
  const known = read.get(text);
  if (known !== undefined) return known;
  const quantity = readQuantity(text);
  if (text.length > maxDigits) return quantity;
  if (read.size >= maxRead) read.clear();
  read.set(text, quantity);
  return quantity;
}

function readQuantity(text: string): Quantity | string {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*)([-+]?\d*)$/.exec(text);
  if (match === null || text.length > maxDigits) return quantityFormatFault;
  const [, sign, whole = "", fraction = "", letters = "", exponent = ""] = match;
  if (whole + fraction === "") return quantityFormatFault;
  const scale = scaleOf(letters, exponent);
  if (scale === undefined) return suffixFault;
  const digits = BigInt(whole + fraction);
  let nanos = digits * nano * scale.factor;
  const divisor = 10n ** BigInt(fraction.length) * scale.divisor;
  nanos = (nanos + divisor - 1n) / divisor;
  if (scale.format === "BinarySI" && nanos > maxWhole * nano) nanos = maxWhole * nano;
  return { nanos: sign === "-" ? -nanos : nanos, format: scale.format };
}

interface Scale {
  readonly factor: bigint;
  readonly divisor: bigint;
  readonly format: Quantity["format"];
}

function scaleOf(letters: string, exponent: string): Scale | undefined {
  if (letters === "e" || letters === "E") {
    if (exponent === "" && letters === "E") return { factor: 10n ** 18n, divisor: 1n, format: "DecimalSI" };
    const power = Number(exponent);
    if (!/^[-+]?\d+$/.test(exponent) || Math.abs(power) > maxDigits) return undefined;
    const size = 10n ** BigInt(Math.abs(power));
    return { factor: power < 0 ? 1n : size, divisor: power < 0 ? size : 1n, format: "DecimalExponent" };
  }
  if (exponent !== "") return undefined;
  const binary = letters === "" ? -1 : binarySuffixes.indexOf(letters);
  if (binary > 0) return { factor: 1024n ** BigInt(binary), divisor: 1n, format: "BinarySI" };
  const decimal = decimalSuffixes.indexOf(letters);
  if (decimal < 0) return undefined;
  const power = BigInt(Math.abs(decimal - 3) * 3);
  const size = 10n ** power;
  return { factor: decimal < 3 ? 1n : size, divisor: decimal < 3 ? size : 1n, format: "DecimalSI" };
}

/** The shortest way to write a quantity in its family, as Kubernetes prints it. */
export function quantityText({ nanos, format }: Quantity): string {
  if (nanos === 0n) return "0";
  const sign = nanos < 0n ? "-" : "";
  const size = nanos < 0n ? -nanos : nanos;
  if (format === "BinarySI" && size >= 1024n * nano && size % nano === 0n) {
    let [rest, power] = [size / nano, 0];
    for (; rest % 1024n === 0n && power < binarySuffixes.length - 1; rest /= 1024n) power++;
    return `${sign}${rest}${binarySuffixes[power]}`;
  }
  let [rest, power] = [size, 0];
  for (; rest % 1000n === 0n && power < decimalSuffixes.length - 1; rest /= 1000n) power++;
  const exponent = (power - 3) * 3;
  if (format === "DecimalExponent") return `${sign}${rest}${exponent === 0 ? "" : `e${exponent}`}`;
  return `${sign}${rest}${decimalSuffixes[power]}`;
}

/** The amount in nanos of a text that has been decoded, thus is a quantity; 0 for none. */
export function nanosOf(text: unknown): bigint {
  const quantity = parseQuantity(String(text ?? "0"));
  return typeof quantity === "string" ? 0n : quantity.nanos;
}

/** A decoded quantity as Kubernetes prints it. */
export function shownQuantity(text: unknown): string {
  const quantity = parseQuantity(String(text));
  return typeof quantity === "string" ? String(text) : quantityText(quantity);
}
