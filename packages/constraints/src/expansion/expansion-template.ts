import type { GroupVersionKind, KubeObject } from "@sallyport/kube";
import { isFields, nested, textOf } from "../fields.ts";
import { gvkText } from "../group-version-kind.ts";

/** An ExpansionTemplate as it is used. expansion.gatekeeper.sh/v1beta1, v1alpha1 */
export interface ExpansionTemplate {
  readonly name: string;
  readonly applyTo: readonly {
    readonly groups: readonly string[];
    readonly versions: readonly string[];
    readonly kinds: readonly string[];
  }[];
  /** Fields with dots between them. */
  readonly templateSource: string;
  readonly generated: GroupVersionKind;
  /** In the place of what the violated constraint has; empty for that. */
  readonly enforcementAction: string;
}

export function isExpansionTemplate({ apiVersion, kind }: KubeObject): boolean {
  return kind === "ExpansionTemplate" && apiVersion.startsWith("expansion.gatekeeper.sh/");
}

/** Reads an ExpansionTemplate. Throws an error of one line, in Gatekeeper's words. */
export function readExpansionTemplate(object: KubeObject): ExpansionTemplate {
  const name = object.metadata.name ?? "";
  if (name === "") throw new Error("ExpansionTemplate has empty name field");
  if (name.length >= 64) throw new Error("ExpansionTemplate name must be less than 64 characters");
  const field = (...path: readonly string[]) => nested(object, "spec", ...path);
  const templateSource = textOf(field("templateSource"));
  if (templateSource === "") throw new Error(`ExpansionTemplate ${name} has empty source field`);
  const part = (each: string) => textOf(field("generatedGVK", each));
  const generated = { group: part("group"), version: part("version"), kind: part("kind") };
  if (generated.group + generated.version + generated.kind === "")
    throw new Error(`ExpansionTemplate ${name} has empty generatedGVK field`);
  const applyTo = readApplyTo(field("applyTo"));
  if (applyTo.length === 0) throw new Error(`ExpansionTemplate ${name} must specify ApplyTo`);
  const template = { name, applyTo, templateSource, generated, enforcementAction: textOf(field("enforcementAction")) };
  if (expands(template, generated))
    throw new Error(`ExpansionTemplate ${name} generates GVK ${gvkText(generated)}, but also applies to that same GVK`);
  return template;
}

function readApplyTo(value: unknown): ExpansionTemplate["applyTo"] {
  const texts = (list: unknown) => (Array.isArray(list) ? list.map(textOf) : []);
  return (Array.isArray(value) ? value : [])
    .filter(isFields)
    .map(({ groups, versions, kinds }) => ({ groups: texts(groups), versions: texts(versions), kinds: texts(kinds) }));
}

export function expands({ applyTo }: ExpansionTemplate, { group, version, kind }: GroupVersionKind): boolean {
  return applyTo.some(
    (each) => each.groups.includes(group) && each.versions.includes(version) && each.kinds.includes(kind),
  );
}
