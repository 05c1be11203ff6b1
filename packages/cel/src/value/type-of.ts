import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  ERROR,
  INT,
  listType,
  mapType,
  NULL,
  optionalType,
  STRING,
  structType,
  TIMESTAMP,
  TYPE,
  type Type,
  UINT,
} from "../check/type.ts";
import {
  CelError,
  Duration,
  ListValue,
  MapValue,
  Opaque,
  Optional,
  Struct,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from "./value.ts";

const LIST = listType(DYN);
const MAP = mapType(DYN, DYN);
const OPTIONAL = optionalType(DYN);

/** The type of a value at run time; lists and maps have it without their parameters. */
export function typeOf(value: Value): Type {
  switch (typeof value) {
    case "boolean":
      return BOOL;
    case "bigint":
      return INT;
    case "number":
      return DOUBLE;
    case "string":
      return STRING;
    default:
      return value === null ? NULL : typeOfObject(value);
  }
}

function typeOfObject(value: Exclude<Value, null | boolean | bigint | number | string>): Type {
  if (value instanceof ListValue) return LIST;
  if (value instanceof MapValue) return MAP;
  if (value instanceof Uint) return UINT;
  if (value instanceof Uint8Array) return BYTES;
  if (value instanceof Timestamp) return TIMESTAMP;
  if (value instanceof Duration) return DURATION;
  if (value instanceof TypeValue) return TYPE;
  if (value instanceof Optional) return OPTIONAL;
  if (value instanceof Struct) return structType(value.typeName);
  if (value instanceof Opaque) return value.type;
  if (value instanceof CelError) return ERROR;
  throw new Error(`unreachable: ${String(value satisfies never)}`);
}
