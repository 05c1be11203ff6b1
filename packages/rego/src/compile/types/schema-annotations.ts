import type { Annotations, Ref } from "../../syntax/ast.ts";
import type { ChainEntry } from "../stage.ts";
import { refText } from "../text.ts";
import type { Override, TypeEnv } from "./env.ts";
import { SchemaFault, typeFromSchema } from "./schema.ts";
import { anyType, objectOf, type Type } from "./type.ts";

type Schemas = ReadonlyMap<string, unknown> | undefined;
type SchemaAnnotation = NonNullable<Annotations["schemas"]>[number];

/** The type of `input` by the schema that is given for all modules, under the name `schema`. Throws `SchemaFault`. */
export function inputSchemaType(schemas: Schemas): Type | undefined {
  const schema = schemas?.get("schema");
  return schema === undefined ? undefined : typeFromSchema(schema);
}

/** The types that the annotations around a rule give to paths, inner ones over outer ones. */
export function annotationOverrides(
  chain: readonly ChainEntry[],
  schemas: Schemas,
  env: TypeEnv,
  report: (message: string) => void,
): readonly Override[] {
  let overrides: readonly Override[] = [];
  for (const { annotations } of chain.toReversed()) {
    for (const each of annotations?.schemas ?? []) {
      const type = typeOfAnnotation(each, schemas, report);
      if (type !== undefined) overrides = withOverride(overrides, { path: pathOf(each.path), type }, env);
    }
  }
  return overrides;
}

function typeOfAnnotation(
  { schema, definition }: SchemaAnnotation,
  schemas: Schemas,
  report: (message: string) => void,
): Type | undefined {
  // Without any, those that are named say nothing.
  if (schema !== undefined && schemas === undefined) return undefined;
  const found = schema === undefined ? definition : schemas?.get(refText(schema));
  if (found === undefined && schema !== undefined) {
    report(`undefined schema: ${refText(schema)}`);
    return undefined;
  }
  try {
    return typeFromSchema(found);
  } catch (error) {
    if (!(error instanceof SchemaFault)) throw error;
    report(error.message);
    return undefined;
  }
}

function pathOf({ terms }: Ref): readonly string[] {
  return terms.map((term) => (term.kind === "var" ? term.name : term.kind === "string" ? term.value : ""));
}

/** A path inside one that has a type already changes that type. */
function withOverride(overrides: readonly Override[], added: Override, env: TypeEnv): readonly Override[] {
  const { path, type } = added;
  const root = env.roots.get(path[0] ?? "")?.type;
  const known: readonly Override[] =
    root === undefined || path[0] !== "input" ? overrides : [{ path: ["input"], type: root }, ...overrides];
  const around = known.findLast(
    (each) => each.path.length < path.length && each.path.every((key, i) => key === path[i]),
  );
  const others = overrides.filter((each) => each.path.join("\0") !== path.join("\0"));
  if (around === undefined) return [...others, added];
  const changed = { path: around.path, type: typeInside(around.type, path.slice(around.path.length), type) };
  return [...others.filter((each) => each !== around), changed];
}

function typeInside(type: Type, [key, ...rest]: readonly string[], inner: Type): Type {
  if (key === undefined) return inner;
  const object = type.kind === "object" ? type : objectOf([], { key: anyType, value: anyType });
  const property = object.static.find((each) => each.key === key);
  const value = typeInside(property?.value ?? anyType, rest, inner);
  return objectOf([...object.static, { key, value }], object.dynamic);
}
