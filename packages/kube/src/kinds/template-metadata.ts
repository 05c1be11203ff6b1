import { type FieldError, forbidden, invalid } from "../names.ts";
import { labelKey } from "./formats.ts";
import { validateLabels } from "./label-selector.ts";
import type { Fields } from "./rules.ts";

/** What metadata may have beside labels and annotations, in upstream's order. */
const others: readonly string[] = [
  "name",
  "generateName",
  "namespace",
  "selfLink",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "ownerReferences",
  "finalizers",
  "managedFields",
];

/** ValidateTemplateObjectMeta: metadata of what is made by a template, which has labels and annotations alone. */
export function validateTemplateMetadata(metadata: Fields | undefined, path: string): readonly FieldError[] {
  const { labels, annotations = {}, ...rest } = metadata ?? {};
  const given = others.filter((name) => rest[name]);
  return [
    ...Object.keys(annotations).flatMap((key) =>
      labelKey(key.toLowerCase()).map((each) => invalid(`${path}.annotations`, key, each)),
    ),
    ...validateLabels(labels, `${path}.labels`),
    ...given.map((name) => forbidden(`${path}.${name === "uid" ? "uID" : name}`, "cannot be set")),
  ];
}
