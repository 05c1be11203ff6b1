import { parseTime } from "./go-time-parse.ts";
import { parseAddress } from "./net.ts";
import { compilePattern } from "./regex.ts";
import { isMailAddress } from "./schema-mail.ts";
import { parseUri } from "./uri.ts";

const hostname =
  /^([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9])(\.([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9]))*$/;
const uuid = /^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$/i;
const pointer = /^(?:\/(?:[^~/]|~0|~1)*)*$/;
const relativePointer = /^(?:0|[1-9][0-9]*)(?:#|(?:\/(?:[^~/]|~0|~1)*)*)$/;
/** Braces in pairs; a single pass, so that no text takes long. */
const template = /^[^{]*(?:\{[^}]*\}[^{]*)*$/;

function succeeds(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}

function isTime(text: string, ...layouts: readonly string[]): boolean {
  return layouts.some((layout) => succeeds(() => parseTime(layout, text)));
}

function isUri(text: string, isAbsolute: boolean): boolean {
  return (
    succeeds(() => {
      if (parseUri(text).scheme === "" && isAbsolute) throw new Error("relative");
    }) && !text.includes("\\")
  );
}

const date = "2006-01-02";
const times = ["15:04:05Z07:00", "15:04:05"];

const formats: ReadonlyMap<string, (text: string) => boolean> = new Map(
  Object.entries({
    date: (text) => isTime(text, date),
    time: (text) => isTime(text, ...times),
    "date-time": (text) =>
      isTime(text, ...times, date, "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05.999999999Z07:00"),
    hostname: (text) => text.length < 256 && hostname.test(text),
    email: isMailAddress,
    "idn-email": isMailAddress,
    ipv4: (text) => text.includes(".") && parseAddress(text) !== undefined,
    ipv6: (text) => text.includes(":") && parseAddress(text) !== undefined,
    uri: (text) => isUri(text, true),
    "uri-reference": (text) => isUri(text, false),
    iri: (text) => isUri(text, true),
    "iri-reference": (text) => isUri(text, false),
    "uri-template": (text) => isUri(text, false) && template.test(parseUri(text).path),
    uuid: (text) => uuid.test(text),
    regex: (text) => succeeds(() => compilePattern(text)),
    "json-pointer": (text) => pointer.test(text),
    "relative-json-pointer": (text) => relativePointer.test(text),
  } satisfies { readonly [name: string]: (text: string) => boolean }),
);

/** Whether a text has a format of JSON Schema, as gojsonschema checks it; of an unknown format, any has. */
export function hasFormat(format: string, text: string): boolean {
  return formats.get(format)?.(text) ?? true;
}
