import type { PolicyRule } from "@sallyport/kube";
import type { Edit } from "./edit.ts";
import type { Identity, WorldObject } from "./world.ts";

/** The objects with the edits done. */
export function edited(objects: readonly WorldObject[], edits: readonly Edit[]): readonly WorldObject[] {
  return objects.map((object) => {
    const own = edits.filter((edit) => isOf(edit.kind === "rule" ? edit.role : edit.binding, object));
    if (own.length === 0) return object;
    const rules = ((object["rules"] ?? []) as readonly PolicyRule[]).flatMap((rule, index) =>
      narrowed(rule, index, own),
    );
    const taken = own.flatMap((edit) => (edit.kind === "subject" ? JSON.stringify(bare(edit.subject)) : []));
    const subjects = ((object["subjects"] ?? []) as readonly Identity[]).filter(
      (each) => !taken.includes(JSON.stringify(bare(each))),
    );
    return object["roleRef"] === undefined ? { ...object, rules } : { ...object, subjects };
  });
}

function isOf(
  name: { readonly kind: string; readonly name: string; readonly namespace?: string },
  object: WorldObject,
) {
  const { kind, metadata } = object;
  return kind === name.kind && metadata.name === name.name && metadata.namespace === name.namespace;
}

function bare({ kind, name, namespace }: Identity): object {
  return { kind, name, namespace };
}

/** A rule of one verb and one resource for each pair that is left. */
function narrowed(rule: PolicyRule, index: number, edits: readonly Edit[]): readonly PolicyRule[] {
  const own = edits.flatMap((edit) => (edit.kind === "rule" && edit.index === index ? [edit.acts] : []));
  if (own.length === 0) return [rule];
  if (own.includes("all")) return [];
  const taken = new Set(own.flat().map((each) => JSON.stringify(each)));
  return rule.verbs.flatMap((verb) =>
    (rule.apiGroups ?? []).flatMap((group) =>
      (rule.resources ?? [])
        .filter((resource) => !taken.has(JSON.stringify({ verb, group, resource })))
        .map((resource) => ({ ...rule, verbs: [verb], apiGroups: [group], resources: [resource] })),
    ),
  );
}
