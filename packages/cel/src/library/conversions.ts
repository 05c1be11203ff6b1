import type { Library } from "../check/environment.ts";
import { BOOL, BYTES, DOUBLE, DURATION, INT, STRING, TIMESTAMP, typeParam, UINT } from "../check/type.ts";
import { checkUint, formatDouble, isInt64, parseDouble, parseInt64, parseUint64 } from "../value/number.ts";
import { textFromUtf8, utf8Bytes } from "../value/text.ts";
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp, timestampOf } from "../value/time.ts";
import { typeOf } from "../value/type-of.ts";
import { CelError, type Duration, type Timestamp, TypeValue, type Uint, type Value } from "../value/value.ts";
import { declare, global } from "./declare.ts";

const same = (value: Value): Value => value;
const overflow = new CelError("integer overflow");
const unsignedOverflow = new CelError("unsigned integer overflow");

/** cel-spec's conversions, each a function with the name of its result. */
export const conversions: Library = {
  name: "conversions",
  types: [
    ...[BOOL, INT, UINT, DOUBLE, STRING, BYTES, TIMESTAMP, DURATION],
    { kind: "null" },
    { kind: "type", of: undefined },
    { kind: "list", element: { kind: "dyn" } },
    { kind: "map", key: { kind: "dyn" }, value: { kind: "dyn" } },
  ],
  functions: [
    declare("bool", global("bool_to_bool", [BOOL], BOOL, same), global("string_to_bool", [STRING], BOOL, boolFromText)),
    declare(
      "bytes",
      global("bytes_to_bytes", [BYTES], BYTES, same),
      global("string_to_bytes", [STRING], BYTES, utf8Bytes),
    ),
    declare(
      "double",
      global("double_to_double", [DOUBLE], DOUBLE, same),
      global("int64_to_double", [INT], DOUBLE, Number),
      global("uint64_to_double", [UINT], DOUBLE, ({ value }: Uint) => Number(value)),
      global("string_to_double", [STRING], DOUBLE, (text: string) => parseDouble(text) ?? failed("double")),
    ),
    declare(
      "int",
      global("int64_to_int64", [INT], INT, same),
      global("double_to_int64", [DOUBLE], INT, intFromDouble),
      global("uint64_to_int64", [UINT], INT, ({ value }: Uint) => (isInt64(value) ? value : overflow)),
      global("string_to_int64", [STRING], INT, (text: string) => decimal(text) ?? failed("int")),
      global("timestamp_to_int64", [TIMESTAMP], INT, ({ nanos }: Timestamp) => floorSeconds(nanos)),
      global("duration_to_int64", [DURATION], INT, ({ nanos }: Duration) => nanos),
    ),
    declare(
      "uint",
      global("uint64_to_uint64", [UINT], UINT, same),
      global("int64_to_uint64", [INT], UINT, checkUint),
      global("double_to_uint64", [DOUBLE], UINT, uintFromDouble),
      global(
        "string_to_uint64",
        [STRING],
        UINT,
        (text: string) => (/^\d+$/.test(text) ? parseUint64(text) : undefined) ?? failed("uint"),
      ),
    ),
    declare(
      "string",
      global("string_to_string", [STRING], STRING, same),
      global("bool_to_string", [BOOL], STRING, String),
      global("int64_to_string", [INT], STRING, String),
      global("uint64_to_string", [UINT], STRING, ({ value }: Uint) => String(value)),
      global("double_to_string", [DOUBLE], STRING, formatDouble),
      global(
        "bytes_to_string",
        [BYTES],
        STRING,
        (bytes: Uint8Array) => textFromUtf8(bytes) ?? new CelError("invalid UTF-8 in bytes, cannot convert to string"),
      ),
      global("timestamp_to_string", [TIMESTAMP], STRING, formatTimestamp),
      global("duration_to_string", [DURATION], STRING, formatDuration),
    ),
    declare(
      "timestamp",
      global("timestamp_to_timestamp", [TIMESTAMP], TIMESTAMP, same),
      global(
        "string_to_timestamp",
        [STRING],
        TIMESTAMP,
        (text: string) => parseTimestamp(text) ?? failed("google.protobuf.Timestamp"),
      ),
      global(
        "int64_to_timestamp",
        [INT],
        TIMESTAMP,
        (seconds: bigint) => timestampOf(seconds * 1_000_000_000n) ?? new CelError("timestamp overflow"),
      ),
    ),
    declare(
      "duration",
      global("duration_to_duration", [DURATION], DURATION, same),
      global(
        "string_to_duration",
        [STRING],
        DURATION,
        (text: string) => parseDuration(text) ?? failed("google.protobuf.Duration"),
      ),
    ),
    declare(
      "type",
      global(
        "type",
        [typeParam("A")],
        { kind: "type", of: typeParam("A") },
        (value: Value) => new TypeValue(typeOf(value)),
      ),
    ),
  ],
};

function failed(type: string): CelError {
  return new CelError(`type conversion error from 'string' to '${type}'`);
}

const truths = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const lies = new Set(["0", "f", "F", "false", "FALSE", "False"]);

/** The spellings of Go's `strconv.ParseBool`. */
function boolFromText(text: string): Value {
  if (truths.has(text)) return true;
  return lies.has(text) ? false : failed("bool");
}

function decimal(text: string): bigint | undefined {
  return /^[-+]?\d+$/.test(text) ? parseInt64(text) : undefined;
}

/** Rounds towards zero; the ends of the range are excluded, where doubles are too coarse to tell. */
function intFromDouble(value: number): Value {
  return value > -(2 ** 63) && value < 2 ** 63 ? BigInt(Math.trunc(value)) : overflow;
}

function uintFromDouble(value: number): Value {
  return value >= 0 && value < 2 ** 64 ? checkUint(BigInt(Math.trunc(value))) : unsignedOverflow;
}

function floorSeconds(nanos: bigint): bigint {
  const seconds = nanos / 1_000_000_000n;
  return nanos < 0n && nanos % 1_000_000_000n !== 0n ? seconds - 1n : seconds;
}
