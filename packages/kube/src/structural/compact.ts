import type { Schema } from "../schema.ts";
import { isFields, type Structural, valuesOf } from "./schema.ts";

const objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** A structural schema in the form that built-in kinds have theirs: what owning and merging fields goes by. */
export function compactSchema(schema: Structural, isObject: boolean): Schema {
  const { type, format, items, properties, default: value } = schema;
  const [listType, keys] = [schema["x-kubernetes-list-type"], schema["x-kubernetes-list-map-keys"]];
  const mapType = schema["x-kubernetes-map-type"];
  const values = valuesOf(schema);
  const whole = isObject || schema["x-kubernetes-embedded-resource"] === true;
  const fields = Object.entries(properties ?? {}).map(([name, each]) => [name, compactSchema(each, false)] as const);
  const own = whole ? { apiVersion: { t: "string" }, kind: { t: "string" }, metadata: { r: objectMeta } } : {};
  return {
    ...(type === undefined ? {} : { t: type }),
    ...(format === undefined ? {} : { f: format }),
    ...(items === undefined ? {} : { i: compactSchema(items, false) }),
    ...(values === undefined ? {} : { v: compactSchema(values, false) }),
    ...(properties === undefined && !whole ? {} : { p: { ...Object.fromEntries(fields), ...own } }),
    ...(listType === undefined ? {} : { lt: listType }),
    ...(keys === undefined ? {} : { lk: keys }),
    ...(mapType === undefined ? {} : { mt: mapType }),
    ...(value === undefined || isFields(value) ? {} : { d: value }),
    ...(schema["x-kubernetes-preserve-unknown-fields"] === true ? { x: true } : {}),
    ...(schema["x-kubernetes-int-or-string"] === true ? { is: true } : {}),
  };
}
