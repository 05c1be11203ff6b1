import type { StructType } from "./check/environment.ts";
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listType,
  mapType,
  STRING,
  structType,
  TIMESTAMP,
  type Type,
} from "./check/type.ts";
import type { SizeOf } from "./cost/estimate.ts";
import type { JsonShape } from "./value/json.ts";

/** What of a structural schema (OpenAPI v3) matters to CEL. */
export interface StructuralSchema {
  readonly type?: string;
  readonly format?: string;
  readonly properties?: { readonly [name: string]: StructuralSchema };
  readonly additionalProperties?: StructuralSchema | boolean;
  readonly items?: StructuralSchema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
}

/** A schema as CEL sees it. */
export interface SchemaDeclaration {
  readonly type: Type;
  readonly shape: JsonShape;
  /** The object types below it, by their names. */
  readonly structs: ReadonlyMap<string, StructType>;
  /** The bounds of sizes for cost estimates, when a variable of this type stands at the start of the path. */
  readonly sizeOf: SizeOf;
  /** How many values fit into a request at most, by the shortest JSON of one and a comma; `maxCardinality` of apiextensions. */
  readonly maxCardinality: number;
}

/** The largest request that kube-apiserver takes, in bytes: no string or list is longer. */
const MAX_REQUEST_BYTES = 3 * 1024 * 1024;

/** The longest texts of the formats, and the shortest, in JSON. */
const formats: {
  readonly [format: string]: {
    readonly type: Type;
    readonly kind: JsonShape["kind"];
    readonly min: number;
    readonly max: number;
  };
} = {
  duration: { type: DURATION, kind: "duration", min: 3, max: 32 },
  date: { type: TIMESTAMP, kind: "timestamp", min: 12, max: 12 },
  "date-time": { type: TIMESTAMP, kind: "timestamp", min: 21, max: 32 },
};

interface Node {
  readonly type: Type;
  readonly shape: JsonShape;
  /** The shortest JSON of a value, in bytes. */
  readonly minSize: number;
  readonly maxElements: number;
  readonly element?: Node;
  readonly key?: Node;
  readonly fields?: ReadonlyMap<string, Node>;
}

/** Declares a schema's types under a name that no variable has, such as `selfType`; undefined when CEL can say nothing of it. */
export function declareSchema(
  schema: StructuralSchema,
  name: string,
  isResource = false,
): SchemaDeclaration | undefined {
  const structs = new Map<string, StructType>();
  const root = nodeOf(schema, name, isResource, structs);
  if (root === undefined) return undefined;
  const sizeOf: SizeOf = (path) => {
    let node: Node | undefined = root;
    for (const step of path.slice(1)) node = node === undefined ? undefined : childOf(node, step);
    return node === undefined ? undefined : { min: 0, max: node.maxElements };
  };
  return {
    type: root.type,
    shape: root.shape,
    structs,
    sizeOf,
    maxCardinality: Math.floor(MAX_REQUEST_BYTES / (root.minSize + 1)),
  };
}

function childOf(node: Node, step: string): Node | undefined {
  if (step === "@items" || step === "@values") return node.element;
  return step === "@keys" ? node.key : node.fields?.get(step);
}

type Structs = Map<string, StructType>;

const plain: JsonShape = { kind: "plain" };

function scalar(type: Type, minSize: number, shape: JsonShape = plain): Node {
  return { type, shape, minSize, maxElements: 0 };
}

function nodeOf(schema: StructuralSchema, name: string, isResource: boolean, structs: Structs): Node | undefined {
  if (schema["x-kubernetes-int-or-string"] === true) {
    return {
      type: DYN,
      shape: plain,
      minSize: 1,
      maxElements: schema.maxLength === undefined ? MAX_REQUEST_BYTES - 2 : lengthOf(schema.maxLength),
    };
  }
  switch (schema.type) {
    case "array":
      return arrayNode(schema, name, structs);
    case "object":
      return objectNode(isResource ? asResource(schema) : schema, name, structs);
    case "string":
      return stringNode(schema);
    case "boolean":
      return scalar(BOOL, 4);
    case "number":
      return scalar(DOUBLE, 1, { kind: "double" });
    case "integer":
      return scalar(INT, 1);
    default:
      return undefined;
  }
}

function arrayNode(schema: StructuralSchema, name: string, structs: Structs): Node | undefined {
  const { items } = schema;
  const element =
    items === undefined
      ? undefined
      : nodeOf(items, `${name}.@idx`, items["x-kubernetes-embedded-resource"] === true, structs);
  if (element === undefined) return undefined;
  const maxElements =
    schema.maxItems === undefined
      ? Math.floor((MAX_REQUEST_BYTES - 2) / (element.minSize + 1))
      : Math.max(0, schema.maxItems);
  const shape: JsonShape = {
    kind: "list",
    items: element.shape,
    listType: schema["x-kubernetes-list-type"] ?? "atomic",
    listMapKeys: schema["x-kubernetes-list-map-keys"] ?? [],
  };
  return { type: listType(element.type), shape, minSize: 2, maxElements, element };
}

function objectNode(schema: StructuralSchema, name: string, structs: Structs): Node | undefined {
  const more = schema.additionalProperties;
  if (typeof more === "object") {
    const element = nodeOf(more, `${name}.@elem`, more["x-kubernetes-embedded-resource"] === true, structs);
    if (element === undefined) return undefined;
    const maxElements =
      schema.maxProperties === undefined
        ? Math.floor((MAX_REQUEST_BYTES - 2) / (element.minSize + 6))
        : Math.max(0, schema.maxProperties);
    // Keys are strings of any length.
    const key: Node = { type: STRING, shape: plain, minSize: 2, maxElements: 0 };
    return {
      type: mapType(STRING, element.type),
      shape: { kind: "map", items: element.shape },
      minSize: 2,
      maxElements,
      element,
      key,
    };
  }
  const fields = new Map<string, Node>();
  const shapes = new Map<string, { readonly property: string; readonly shape: JsonShape }>();
  let minSize = 2;
  for (const [property, each] of Object.entries(schema.properties ?? {})) {
    const field = escapeProperty(property);
    const node = nodeOf(each, `${name}.${property}`, each["x-kubernetes-embedded-resource"] === true, structs);
    if (node === undefined) continue;
    if (field !== undefined) {
      fields.set(field, node);
      shapes.set(field, { property, shape: node.shape });
    }
    if (schema.required?.includes(property) === true && each.default === undefined)
      minSize += property.length + node.minSize + 4;
  }
  structs.set(name, { name, field: (field) => fields.get(field)?.type });
  return { type: structType(name), shape: { kind: "object", fields: shapes }, minSize, maxElements: 0, fields };
}

/** Of a resource's root expressions may use these, whether or not its schema has them. */
function asResource(schema: StructuralSchema): StructuralSchema {
  const text = { type: "string" };
  const metadata = { type: "object", properties: { name: text, generateName: text } };
  return { ...schema, properties: { ...schema.properties, kind: text, apiVersion: text, metadata } };
}

function stringNode(schema: StructuralSchema): Node {
  const format = schema.format === undefined ? undefined : formats[schema.format];
  if (format !== undefined)
    return { type: format.type, shape: { kind: format.kind }, minSize: format.min, maxElements: format.max };
  if (schema.format === "byte") {
    return {
      type: BYTES,
      shape: { kind: "bytes" },
      minSize: 2,
      maxElements: Math.max(0, schema.maxLength ?? MAX_REQUEST_BYTES - 2),
    };
  }
  return { type: STRING, shape: plain, minSize: 2, maxElements: longest(schema) };
}

function longest({ maxLength, enum: values }: StructuralSchema): number {
  if (maxLength !== undefined) return lengthOf(maxLength);
  if (values === undefined || values.length === 0) return MAX_REQUEST_BYTES - 2;
  return Math.max(0, ...values.map((each) => (typeof each === "string" ? new TextEncoder().encode(each).length : 0)));
}

/** A letter may take four bytes. */
function lengthOf(maxLength: number): number {
  return Math.max(0, maxLength) * 4;
}

const reserved = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

const escapes: { readonly [part: string]: string } = {
  __: "__underscores__",
  ".": "__dot__",
  "-": "__dash__",
  "/": "__slash__",
};

/** A property's name as expressions write it (`x-prop` is `x__dash__prop`); undefined when CEL cannot name it. */
export function escapeProperty(property: string): string | undefined {
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(property)) return undefined;
  if (reserved.has(property)) return `__${property}__`;
  return property.replace(/__|[./-]/g, (part) => escapes[part] as string);
}
