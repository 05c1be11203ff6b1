import type { Library } from "../../check/environment.ts";
import { listType, optionalType, STRING, structType, type Type } from "../../check/type.ts";
import { bytesFromBase64 } from "../../value/base64.ts";
import { parseTimestamp } from "../../value/time.ts";
import { ArrayList, Opaque, Optional } from "../../value/value.ts";
import { declare, global, member } from "../declare.ts";
import { parseUrl, Url } from "./url.ts";

const FORMAT: Type = structType("kubernetes.NamedFormat");

/** A named format: what is wrong with a text, and the size of its expression that costs are counted by. */
class Format extends Opaque {
  readonly type: Type = FORMAT;
  readonly faultsOf: (text: string) => readonly string[];
  readonly #regexSize: number;

  constructor(regexSize: number, faultsOf: (text: string) => readonly string[]) {
    super();
    this.#regexSize = regexSize;
    this.faultsOf = faultsOf;
  }

  override get size(): number {
    return this.#regexSize;
  }
}

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const NAME_RULE =
  "consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const ends = "must start and end with an alphanumeric character";

const labelRule = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and ${ends} (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`;
const subdomainRule = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and ${ends} (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`;
const label1035Rule = `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${LABEL_1035}')`;
const nameRule = `must ${NAME_RULE} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${NAME}')`;
const keyRule = `a valid label key ${nameRule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`;
const valueRule = `a valid label must be an empty string or ${NAME_RULE} (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${NAME})?')`;

/** Of a name with dots, these are what is wrong. */
const label = (text: string) => check(text, 63, LABEL, isWhole(SUBDOMAIN, text) ? "must not contain dots" : labelRule);
const subdomain = (text: string) => check(text, 253, SUBDOMAIN, subdomainRule);
const label1035 = (text: string) => check(text, 63, LABEL_1035, label1035Rule);
const labelValue = (text: string) => check(text, 63, `(${NAME})?`, valueRule);

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** The formats by the names of `format.named`, with the sizes of their expressions as Kubernetes counts them. */
const formats: { readonly [name: string]: Format } = {
  dns1123Label: new Format(30, label),
  dns1123Subdomain: new Format(60, subdomain),
  dns1035Label: new Format(30, label1035),
  qualifiedName: new Format(60, qualifiedName),
  dns1123LabelPrefix: new Format(30, (text) => label(asPrefix(text))),
  dns1123SubdomainPrefix: new Format(60, (text) => subdomain(asPrefix(text))),
  dns1035LabelPrefix: new Format(30, (text) => label1035(asPrefix(text))),
  labelValue: new Format(40, labelValue),
  uri: new Format(1101, uri),
  uuid: new Format(69, (text) => unless(UUID.test(text), "does not match the UUID format")),
  byte: new Format(83, (text) =>
    unless(text !== "" && text.length % 4 === 0 && bytesFromBase64(text) !== undefined, "invalid base64"),
  ),
  date: new Format(72, (text) =>
    unless(/^\d{4}-\d\d-\d\d$/.test(text) && parseTimestamp(`${text}T00:00:00Z`) !== undefined, "invalid date"),
  ),
  datetime: new Format(72, (text) => unless(isDateTime(text), "invalid datetime")),
};

/** Kubernetes' format library: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-format-library */
export const format: Library = {
  name: "kubernetes.format",
  functions: [
    ...Object.entries(formats).map(([name, each]) =>
      declare(
        `format.${name}`,
        global(`format.${name}`, [], FORMAT, () => each),
      ),
    ),
    declare("format.named", global("format-named", [STRING], optionalType(FORMAT), named)),
    declare("validate", member("format-validate", [FORMAT, STRING], optionalType(listType(STRING)), validate)),
  ],
};

function named(name: string): Optional {
  const found = Object.hasOwn(formats, name) ? formats[name] : undefined;
  return found === undefined ? Optional.none : new Optional(found);
}

function validate({ faultsOf }: Format, text: string): Optional {
  const faults = faultsOf(text);
  return faults.length === 0 ? Optional.none : new Optional(new ArrayList(faults));
}

function check(text: string, limit: number, pattern: string, rule: string): readonly string[] {
  const isTooLong = new TextEncoder().encode(text).length > limit;
  const long = isTooLong ? [`must be no more than ${limit} characters`] : [];
  return isWhole(pattern, text) ? long : [...long, rule];
}

function isWhole(pattern: string, text: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(text);
}

/** A prefix may end with a dash, since something comes behind it. */
function asPrefix(text: string): string {
  return text.length > 1 && text.endsWith("-") ? `${text.slice(0, -2)}a` : text;
}

function qualifiedName(text: string): readonly string[] {
  const parts = text.split("/");
  if (parts.length > 2) return [keyRule];
  const [prefix, name] = parts.length === 2 ? (parts as [string, string]) : [undefined, text];
  const faults: string[] = [];
  if (prefix === "") faults.push("prefix part must be non-empty");
  else if (prefix !== undefined) faults.push(...subdomain(prefix).map((fault) => `prefix part ${fault}`));
  if (name === "") faults.push("name part must be non-empty");
  else if (new TextEncoder().encode(name).length > 63) faults.push("name part must be no more than 63 characters");
  return new RegExp(`^(?:${NAME})$`).test(name) ? faults : [...faults, `name part ${nameRule}`];
}

function uri(text: string): readonly string[] {
  const parsed = parseUrl(text);
  return parsed instanceof Url ? [] : [parsed.fault];
}

function isDateTime(text: string): boolean {
  return parseTimestamp(text.replace("t", "T").replace(/z$/, "Z")) !== undefined;
}

function unless(isRight: boolean, fault: string): readonly string[] {
  return isRight ? [] : [fault];
}
