import { createHash } from "node:crypto";
import { goQuoted, manifestText } from "@sallyport/kube";
import { parse } from "yaml";
import { ExternalSecretError } from "./external-secret.ts";
import { filterPem } from "./filter-pem.ts";
import { fromPlain, isList, isTrue, type TemplateValue, textOf, toPlain } from "./template-value.ts";

type Call = (values: readonly TemplateValue[]) => TemplateValue;

/**
 * Functions of templates: Go's own, and those of sprig that configurations of Secrets use. Each throws `ExternalSecretError`.
 * https://masterminds.github.io/sprig/
 */
export const templateFunctions: { readonly [name: string]: Call } = {
  not: ([value]) => !isTrue(value),
  eq: ([first, ...others]) => others.some((each) => each === first),
  ne: ([a, b]) => a !== b,
  lt: ([a, b]) => compared(a, b) < 0,
  le: ([a, b]) => compared(a, b) <= 0,
  gt: ([a, b]) => compared(a, b) > 0,
  ge: ([a, b]) => compared(a, b) >= 0,
  len: ([value]) =>
    isList(value) ? value.length : value instanceof Map ? value.size : Buffer.byteLength(textOf(value)),
  print: (values) => values.map(textOf).join(""),
  printf: ([format, ...values]) => formatted(textOf(format), values),
  quote: (values) => values.map((each) => goQuoted(textOf(each))).join(" "),
  squote: (values) => values.map((each) => `'${textOf(each)}'`).join(" "),
  upper: texts((text) => text.toUpperCase()),
  lower: texts((text) => text.toLowerCase()),
  trim: texts((text) => text.trim()),
  trimAll: texts((cut, text) => trimmed(text, cut)),
  trimPrefix: texts((cut, text) => (text.startsWith(cut) ? text.slice(cut.length) : text)),
  trimSuffix: texts((cut, text) => (cut !== "" && text.endsWith(cut) ? text.slice(0, -cut.length) : text)),
  replace: texts((from, to, text) => text.replaceAll(from, () => to)),
  contains: ([part, text]) => textOf(text).includes(textOf(part)),
  hasPrefix: ([part, text]) => textOf(text).startsWith(textOf(part)),
  hasSuffix: ([part, text]) => textOf(text).endsWith(textOf(part)),
  indent: ([spaces, text]) => indented(Number(spaces), textOf(text)),
  nindent: ([spaces, text]) => `\n${indented(Number(spaces), textOf(text))}`,
  b64enc: texts((text) => Buffer.from(text).toString("base64")),
  b64dec: texts((text) => Buffer.from(text, "base64").toString("utf8")),
  sha1sum: texts((text) => createHash("sha1").update(text).digest("hex")),
  sha256sum: texts((text) => createHash("sha256").update(text).digest("hex")),
  sha512sum: texts((text) => createHash("sha512").update(text).digest("hex")),
  nospace: texts((text) => text.replace(/\s/gu, "")),
  trunc: ([length, text]) => truncated(Number(length), textOf(text)),
  splitList: ([separator, text]) => textOf(text).split(textOf(separator)),
  join: ([separator, list]) => (isList(list) ? list.map(textOf) : [textOf(list)]).join(textOf(separator)),
  list: (values) => values,
  first: ([list]) => (isList(list) ? list[0] : undefined),
  last: ([list]) => (isList(list) ? list.at(-1) : undefined),
  has: ([value, list]) => isList(list) && list.includes(value),
  coalesce: (values) => values.find(isTrue),
  default: ([other, value]) => (isTrue(value) ? value : other),
  empty: ([value]) => !isTrue(value),
  ternary: ([yes, no, condition]) => (isTrue(condition) ? yes : no),
  toString: texts((text) => text),
  toJson: ([value]) => JSON.stringify(toPlain(value)).replace(/[<>&\u2028\u2029]/g, escaped),
  toRawJson: ([value]) => JSON.stringify(toPlain(value)),
  fromJson: ([text]) => fromPlain(parsed("fromJson: the value is no JSON", () => JSON.parse(textOf(text)))),
  // External Secrets' own.
  toYaml: ([value]) => manifestText(toPlain(value)).replace(/\n$/, ""),
  fromYaml: ([text]) =>
    fromPlain(parsed("fromYaml: the value is no YAML", () => parse(textOf(text), { maxAliasCount: 100 }))),
  filterPEM: texts((type, text) => filterPem(type, text)),
  hasKey: ([of, key]) => of instanceof Map && of.has(textOf(key)),
  urlquery: texts((text) =>
    encodeURIComponent(text)
      .replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll("%20", "+"),
  ),
  required: ([message, value]) => {
    if (!isTrue(value)) throw new ExternalSecretError(`template: ${textOf(message)}`);
    return value;
  },
};

function texts(call: (...texts: string[]) => string): Call {
  return (values) => {
    if (values.length !== call.length)
      throw new ExternalSecretError(`template: a function takes ${call.length} values and has ${values.length}`);
    return call(...values.map(textOf));
  };
}

/** Two of one kind: Go compares no others. */
function compared(a: TemplateValue, b: TemplateValue): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b));
  throw new ExternalSecretError("template: two numbers or two texts are compared");
}

function trimmed(text: string, cut: string): string {
  const characters = new Set(cut);
  const all = [...text];
  const kept = (character: string) => !characters.has(character);
  const [from, to] = [all.findIndex(kept), all.findLastIndex(kept)];
  return from < 0 ? "" : all.slice(from, to + 1).join("");
}

function indented(spaces: number, text: string): string {
  if (!Number.isInteger(spaces) || spaces < 0 || spaces > 1000)
    throw new ExternalSecretError("template: indent: expected a number from 0 to 1000");
  return text.replace(/^/gm, " ".repeat(spaces));
}

/** `%s`, `%v`, `%q`, `%d` and `%%`. */
function formatted(format: string, values: readonly TemplateValue[]): string {
  let next = 0;
  return format.replace(/%(.)/gs, (whole, verb: string) => {
    if (verb === "%") return "%";
    if (!"svqd".includes(verb)) throw new ExternalSecretError(`template: printf: ${whole} is not known here`);
    if (next >= values.length) throw new ExternalSecretError("template: printf: a value is missing");
    const text = textOf(values[next++]);
    return verb === "q" ? goQuoted(text) : text;
  });
}

/** A parser's own words would quote the value. */
function parsed(fault: string, parse: () => unknown): unknown {
  try {
    return parse();
  } catch {
    throw new ExternalSecretError(`template: ${fault}`);
  }
}

/** As Go's JSON, which is safe within HTML. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** So many bytes of the beginning, or of the end. */
function truncated(length: number, text: string): string {
  if (!Number.isInteger(length)) throw new ExternalSecretError("template: trunc: expected a number");
  const bytes = Buffer.from(text);
  const kept = length >= 0 ? bytes.subarray(0, length) : bytes.subarray(Math.max(0, bytes.length + length));
  return kept.toString("utf8");
}
