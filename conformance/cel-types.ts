import {
  DYN,
  ERROR,
  formatType,
  listType,
  mapType,
  optionalType,
  structType,
  type Type,
  typeParam,
} from "@sallyport/cel";
import { messageOf, messagesOf, textOf, wordOf } from "./cel-values.ts";
import { wellKnownType } from "./cel-well-known.ts";
import type { TextMessage } from "./textproto.ts";

const primitives: { readonly [word: string]: Type } = {
  BOOL: { kind: "bool" },
  INT64: { kind: "int" },
  UINT64: { kind: "uint" },
  DOUBLE: { kind: "double" },
  STRING: { kind: "string" },
  BYTES: { kind: "bytes" },
};

const wellKnown: { readonly [word: string]: Type } = {
  ANY: { kind: "any" },
  TIMESTAMP: { kind: "timestamp" },
  DURATION: { kind: "duration" },
};

/** A `cel.expr.Type` as a type of ours. */
export function typeFromText(message: TextMessage): Type {
  const [kind, values] = [...message][0] ?? ["dyn", []];
  const value = values[0] as TextMessage;
  switch (kind) {
    case "primitive":
      return primitives[wordOf(value)] ?? ERROR;
    case "wrapper":
      return { kind: "wrapper", of: primitives[wordOf(value)] ?? ERROR };
    case "well_known":
      return wellKnown[wordOf(value)] ?? ERROR;
    case "null":
      return { kind: "null" };
    case "list_type":
      return listType(typeFromText(messageOf(value, "elem_type")));
    case "map_type":
      return mapType(typeFromText(messageOf(value, "key_type")), typeFromText(messageOf(value, "value_type")));
    case "message_type":
      return wellKnownType(textOf(value)) ?? structType(textOf(value));
    case "type_param":
      return typeParam(textOf(value));
    case "type":
      return { kind: "type", of: typeFromText(value) };
    case "abstract_type": {
      const parameters = messagesOf(value, "parameter_types").map(typeFromText);
      const name = textOf(value.get("name")?.[0]);
      return name === "optional_type" ? optionalType(parameters[0] ?? DYN) : { kind: "opaque", name, parameters };
    }
    default:
      return DYN;
  }
}

/** Why a type is not the one that is wanted; undefined when it is. */
export function typeDifference(wanted: Type, found: Type): string | undefined {
  return formatType(wanted) === formatType(found) ? undefined : `${formatType(found)} instead of ${formatType(wanted)}`;
}
