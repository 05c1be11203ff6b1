import { canonical } from "../canonical.ts";
import { appliedFields, compareValues, isFields } from "./compare.ts";
import { difference, type FieldSet, leaf, union } from "./field-set.ts";
import type { Type } from "./type.ts";

type Fields = { readonly [field: string]: unknown };

/** The annotation in which client-side apply remembers its configuration. */
export const lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

/** The manager whose server-side apply takes over from client-side apply: all others are refused as ever. */
export const kubectlManager = "kubectl";

/** kube-apiserver's limit of all annotations: a longer configuration is not remembered. */
const maxAnnotationBytes = 256 * 1024;

function annotationOf(object: unknown): unknown {
  const metadata = isFields(object) ? object["metadata"] : undefined;
  const annotations = isFields(metadata) ? metadata["annotations"] : undefined;
  return isFields(annotations) ? annotations[lastAppliedAnnotation] : undefined;
}

/** The fields that client-side apply wrote last and that nobody changed since: who applies from kubectl may take them. */
export function clientAppliedFields(live: unknown, type: Type): FieldSet {
  const last = parsed(annotationOf(live));
  if (last === undefined) return leaf;
  const { added, modified, removed } = compareValues(last, live, type);
  return difference(appliedFields(last, type), union(union(added, modified), removed));
}

function parsed(text: unknown): Fields | undefined {
  if (typeof text !== "string") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The object remembering the configuration, if it remembered one before: so that client-side apply can go on from it. */
export function withLastApplied(object: Fields, configuration: Fields): Fields {
  if (annotationOf(object) === undefined) return object;
  const metadata = object["metadata"] as Fields;
  const text = `${canonical(withoutLastApplied(configuration))}\n`;
  const value = text.length > maxAnnotationBytes ? "" : text;
  const annotations = { ...(metadata["annotations"] as Fields), [lastAppliedAnnotation]: value };
  return { ...object, metadata: { ...metadata, annotations } };
}

function withoutLastApplied(configuration: Fields): Fields {
  if (annotationOf(configuration) === undefined) return configuration;
  const metadata = configuration["metadata"] as Fields;
  const { [lastAppliedAnnotation]: _, ...annotations } = metadata["annotations"] as Fields;
  return { ...configuration, metadata: { ...metadata, annotations } };
}
