import type { AllowedAct, Right } from "./rights.ts";
import { actsText } from "./words.ts";
import { type Grant, type Identity, identityText, type RbacName, rbacText, type World } from "./world.ts";

/** The least change that cuts a path: what is taken out of a rule, or a subject out of a binding. */
export type Edit =
  | {
      readonly kind: "rule";
      /** Where the rule stands. */
      readonly role: RbacName;
      /** From 0. */
      readonly index: number;
      /** What is taken out of it; the whole rule, where it has wildcards. */
      readonly acts: readonly AllowedAct[] | "all";
      /** Other subjects that lose it too. */
      readonly others: number;
    }
  | { readonly kind: "subject"; readonly binding: RbacName; readonly subject: Identity };

/** Of several rules of which each is needed: the one that the fewest have. */
export function leastEdit(world: World, [first, ...others]: readonly Right[]): Edit | undefined {
  if (first === undefined) return undefined;
  const edits = [first, ...others].map((right) => editOf(world, right));
  return edits.reduce((least, each) => (costOf(each) < costOf(least) ? each : least));
}

/** Whether a right is gone once the edit is done. */
export function isTakenBy(edit: Edit, { grant, allowed }: Right): boolean {
  if (edit.kind === "subject")
    return (
      rbacText(grant.binding) === rbacText(edit.binding) && identityText(grant.subject) === identityText(edit.subject)
    );
  if (rbacText(grant.from) !== rbacText(edit.role) || grant.index !== edit.index) return false;
  const { acts } = edit;
  return acts === "all" || allowed.every((each) => acts.some((act) => isSameAct(act, each)));
}

/** `take get, list secrets out of rule 1 of Role prod/reader`. */
export function editText(edit: Edit): string {
  if (edit.kind === "subject") return `take ${identityText(edit.subject)} out of ${rbacText(edit.binding)}`;
  const rule = `rule ${edit.index + 1} of ${rbacText(edit.role)}`;
  const lost =
    edit.others === 0 ? "" : ` (${edit.others} more ${edit.others === 1 ? "subject has" : "subjects have"} it)`;
  return edit.acts === "all"
    ? `remove or narrow ${rule}, which has wildcards${lost}`
    : `take ${actsText(edit.acts)} out of ${rule}${lost}`;
}

/** The API server puts its own roles back at each start, so nothing can be taken out of them. */
function editOf({ roles, grants }: World, { grant, allowed }: Right): Edit {
  const { from, index, binding, subject, rule } = grant;
  const home = roles.find(({ name }) => rbacText(name) === rbacText(from));
  if (home?.isBootstrap === true) return { kind: "subject", binding, subject };
  const having = grants.filter((each) => isSameRule(each, grant)).map((each) => identityText(each.subject));
  const acts = hasWildcards(rule) ? ("all" as const) : allowed;
  return { kind: "rule", role: from, index, acts, others: new Set(having).size - 1 };
}

function costOf(edit: Edit): number {
  return edit.kind === "subject" ? 0.5 : edit.others;
}

function hasWildcards({ verbs, resources = [], apiGroups = [] }: Grant["rule"]): boolean {
  return [...verbs, ...resources, ...apiGroups].some((each) => each.includes("*"));
}

function isSameRule(a: Grant, b: Grant): boolean {
  return a.index === b.index && rbacText(a.from) === rbacText(b.from);
}

function isSameAct(a: AllowedAct, b: AllowedAct): boolean {
  return a.verb === b.verb && a.group === b.group && a.resource === b.resource;
}
