import type { ResourceInfo } from "../catalogue.ts";
import { findSchema, type Schema } from "../schema.ts";
import type { Structural } from "./schema.ts";

const objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** Types that take several: OpenAPI v3 gives them no type of their own. */
const untyped = /\.(Quantity|JSON|JSONSchemaPropsOr\w+)$/;

/** The schema of a kind's objects, as OpenAPI v3 tells it with all that it refers to; undefined where it tells none. */
export function structuralOf({ schema, custom }: ResourceInfo): Structural | undefined {
  if (custom === undefined) return schema === undefined ? undefined : named(schema, []);
  const { properties, ...rest } = custom.schema ?? {};
  const text: Structural = { type: "string" };
  const metadata = named(objectMeta, []);
  return { type: "object", ...rest, properties: { ...properties, apiVersion: text, kind: text, metadata } };
}

/** `within`: the schemas that refer to it. One that refers to itself is an object of which nothing is known. */
function named(name: string, within: readonly string[]): Structural {
  if (within.includes(name)) return { type: "object" };
  if (untyped.test(name)) return {};
  if (name.endsWith(".IntOrString")) return { "x-kubernetes-int-or-string": true };
  return structuralFrom(findSchema(name) ?? {}, [...within, name]);
}

function structuralFrom({ t, f, r, i, v, p, q }: Schema, within: readonly string[]): Structural {
  if (r !== undefined) return named(r, within);
  const properties = Object.entries(p ?? {}).map(([name, each]) => [name, structuralFrom(each, within)] as const);
  return {
    type: t ?? "object",
    ...(f === undefined ? {} : { format: f }),
    ...(i === undefined ? {} : { items: structuralFrom(i, within) }),
    ...(v === undefined ? {} : { additionalProperties: structuralFrom(v, within) }),
    ...(p === undefined ? {} : { properties: Object.fromEntries(properties) }),
    ...(q === undefined ? {} : { required: q }),
  };
}
