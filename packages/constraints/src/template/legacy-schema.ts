import { type Fields, isFields } from "../fields.ts";

const open = { "x-kubernetes-preserve-unknown-fields": true };

/** The schema with all objects in it open, as CustomResourceDefinitions of v1beta1 were; what has no type may be an object. */
export function withUnknownFields(schema: Fields): Fields {
  const { type = "", items, additionalProperties, properties } = schema;
  return {
    ...schema,
    ...(isFields(items) ? { items: withUnknownFields(items) } : type === "array" ? { items: open } : {}),
    ...(isFields(additionalProperties) ? { additionalProperties: withUnknownFields(additionalProperties) } : {}),
    ...(isFields(properties) ? { properties: openProperties(properties) } : {}),
    ...(type === "object" || type === "" ? open : {}),
  };
}

function openProperties(properties: Fields): Fields {
  return Object.fromEntries(
    Object.entries(properties).map(([name, each]) => [name, isFields(each) ? withUnknownFields(each) : each]),
  );
}
