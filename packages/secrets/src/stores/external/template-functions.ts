import { createHash } from "node:crypto";
import { ExternalSecretError } from "./external-secret.ts";
import { isTrue, type TemplateValue, textOf } from "./template-value.ts";

type Call = (values: readonly TemplateValue[]) => TemplateValue;

/**
 * Functions of templates: Go's own, and those of sprig that configurations of Secrets use. Each throws `ExternalSecretError`.
 * https://masterminds.github.io/sprig/
 */
export const templateFunctions: { readonly [name: string]: Call } = {
  not: ([value]) => !isTrue(value),
  eq: ([first, ...others]) => others.some((each) => each === first),
  ne: ([a, b]) => a !== b,
  len: ([value]) => (value instanceof Map ? value.size : Buffer.byteLength(textOf(value))),
  print: (values) => values.map(textOf).join(""),
  printf: ([format, ...values]) => formatted(textOf(format), values),
  quote: (values) => values.map((each) => JSON.stringify(textOf(each))).join(" "),
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
  sha256sum: texts((text) => createHash("sha256").update(text).digest("hex")),
  default: ([other, value]) => (isTrue(value) ? value : other),
  empty: ([value]) => !isTrue(value),
  ternary: ([yes, no, condition]) => (isTrue(condition) ? yes : no),
  toString: texts((text) => text),
  toJson: ([value]) => JSON.stringify(plain(value)),
  fromJson: ([text]) => fromPlain(parsed(textOf(text))),
  hasKey: ([of, key]) => of instanceof Map && of.has(textOf(key)),
  urlquery: texts((text) => encodeURIComponent(text).replaceAll("%20", "+")),
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
    return verb === "q" ? JSON.stringify(text) : text;
  });
}

function plain(value: TemplateValue): unknown {
  return value instanceof Map
    ? Object.fromEntries([...value].map(([key, each]) => [key, plain(each)]))
    : (value ?? null);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ExternalSecretError("template: fromJson: the value is no JSON");
  }
}

function fromPlain(value: unknown): TemplateValue {
  if (typeof value !== "object" || value === null) return (value ?? undefined) as TemplateValue;
  return new Map(Object.entries(value).map(([key, each]) => [key, fromPlain(each)]));
}
