import { manifestsText } from "@sallyport/kube";

export type ObjectFormat = "yaml" | "json";

/** Objects for `kubectl apply -f -`: documents of YAML, or JSON with a List where there are several. */
export function printedObjects(objects: readonly object[], format: ObjectFormat): string {
  if (format === "yaml") return manifestsText(objects);
  const [only] = objects;
  const value = objects.length === 1 ? only : { apiVersion: "v1", kind: "List", items: objects };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
