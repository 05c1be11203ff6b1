import type { Attributes, SelectorRequirement } from "./authorizer.ts";

/** `a=b,c!=d` as requirements; text that is no field selector has none, as upstream's authorizers see it. */
export function fieldRequirements(text: string): readonly SelectorRequirement[] {
  if (text === "") return [];
  const found = text.split(",").map((term): SelectorRequirement | undefined => {
    const [, key, sign, value] = /^([^=!]+)(!=|==?)([^=!]*)$/.exec(term) ?? [];
    if (key === undefined || value === undefined) return undefined;
    return { key, operator: sign === "!=" ? "NotIn" : "In", values: [value] };
  });
  return found.includes(undefined) ? [] : (found as readonly SelectorRequirement[]);
}

const term =
  /\s*(?:!\s*([^\s=!(),<>]+)|([^\s=!(),<>]+)\s*(?:(==?|!=)\s*([^\s=!(),<>]*)|(in|notin)\s*\(([^()]*)\))?)\s*(,|$)/y;

/** `a=b,c in (d,e),!f` as requirements; text that is no label selector, or compares numbers, has none. */
export function labelRequirements(text: string): readonly SelectorRequirement[] {
  const found: SelectorRequirement[] = [];
  const pattern = new RegExp(term.source, "y");
  while (pattern.lastIndex < text.length) {
    const [whole, absent, key = "", sign, value = "", word, list = ""] = pattern.exec(text) ?? [];
    if (whole === undefined) return [];
    if (absent !== undefined) found.push({ key: absent, operator: "DoesNotExist" });
    else if (sign !== undefined) found.push({ key, operator: sign === "!=" ? "NotIn" : "In", values: [value] });
    else if (word === undefined) found.push({ key, operator: "Exists" });
    else
      found.push({
        key,
        operator: word === "in" ? "In" : "NotIn",
        values: list
          .split(",")
          .map((each) => each.trim())
          .sort(),
      });
  }
  return found;
}

/** For attributes: nothing where nothing is selected. */
export function selectorsOf(
  fields: readonly SelectorRequirement[],
  labels: readonly SelectorRequirement[],
): Pick<Attributes, "selectors"> {
  return fields.length + labels.length === 0 ? {} : { selectors: { fields, labels } };
}
