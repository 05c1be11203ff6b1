import type { ResourceInfo } from "../catalogue.ts";
import type { Schema } from "../schema.ts";
import { compactSchema } from "../structural/compact.ts";
import type { CustomVersion } from "../structural/custom-version.ts";
import { type Type, typeOf } from "./type.ts";

const objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** Of an object whose kind has no schema: its metadata is known, anything else may stand. */
const custom: Schema = {
  p: { apiVersion: { t: "string" }, kind: { t: "string" }, metadata: { r: objectMeta } },
  x: true,
};

/** The type of a resource's objects. */
export function resourceType({ schema, custom: version }: ResourceInfo): Type {
  if (version !== undefined) return customType(version);
  if (schema === undefined) return typeOf(custom);
  const known = references.get(schema) ?? { r: schema };
  references.set(schema, known);
  return typeOf(known);
}

/** References by name, made once: as many as there are kinds built in. */
const references = new Map<string, Schema>();

/** Made once for each version of a definition. */
const customTypes = new WeakMap<CustomVersion, Type>();

function customType(version: CustomVersion): Type {
  const known = customTypes.get(version);
  if (known !== undefined) return known;
  const { schema, keepsUnknown } = version;
  const made = typeOf(schema === undefined || keepsUnknown ? custom : compactSchema(schema, true));
  customTypes.set(version, made);
  return made;
}
