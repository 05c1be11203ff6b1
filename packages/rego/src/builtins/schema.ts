import type { RE2JS } from "re2js";
import type { NumberValue } from "../value/number.ts";

/** Drafts of JSON Schema as gojsonschema tells them apart; `hybrid`, without `$schema`, takes the words of all. */
export type Draft = "4" | "6" | "7" | "hybrid";

/** A schema that was parsed: each member holds one keyword, and is absent where the keyword is. */
export interface Schema {
  readonly draft: Draft;
  /** Of a boolean schema. */
  passes?: boolean;
  /** What `$ref` names; nothing beside it counts. */
  reference?: Schema;
  types: string[];
  properties: (readonly [string, Schema])[];
  patternProperties: (readonly [string, RE2JS, Schema])[];
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  dependencies: Map<string, Schema | readonly string[]>;
  items?: Schema | readonly Schema[];
  additionalItems?: boolean | Schema;
  multipleOf?: NumberValue;
  minimum?: NumberValue;
  maximum?: NumberValue;
  exclusiveMinimum?: NumberValue;
  exclusiveMaximum?: NumberValue;
  minLength?: number;
  maxLength?: number;
  pattern?: RE2JS;
  format?: string;
  minProperties?: number;
  maxProperties?: number;
  required: readonly string[];
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  contains?: Schema;
  /** As `comparableText` writes them. */
  const?: string;
  enum?: readonly string[];
  oneOf: readonly Schema[];
  anyOf: readonly Schema[];
  allOf: readonly Schema[];
  not?: Schema;
  if?: Schema;
  then?: Schema;
  else?: Schema;
}

export function emptySchema(draft: Draft): Schema {
  return {
    draft,
    types: [],
    properties: [],
    patternProperties: [],
    dependencies: new Map(),
    required: [],
    oneOf: [],
    anyOf: [],
    allOf: [],
  };
}
