import { allows, type PolicyRule } from "@sallyport/kube";
import type { Grant } from "./world.ts";

/** One kind of act that ways are made of, as the API server is asked for it. */
export interface Act {
  /** For steps' texts and for edits: these of one rule are told of together. */
  readonly verbs: readonly string[];
  readonly group: string;
  /** With a subresource behind a slash. */
  readonly resource: string;
  /** Of what has no namespace, a rule counts only through a ClusterRoleBinding. */
  readonly isClusterWide?: boolean;
}

/** The acts of all ways, by the name under which a way asks for them. */
export type Acts = { readonly [name: string]: readonly Act[] };

/** What one rule allows of one sort of acts. */
export interface Right {
  readonly act: string;
  readonly grant: Grant;
  /** Never empty. */
  readonly allowed: readonly AllowedAct[];
  /** Empty for everywhere. */
  readonly namespace: string;
  /** Of the objects that it is limited to; "any" where it is not. */
  readonly names: Names;
}

export type Names = "any" | readonly string[];

export interface AllowedAct {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
}

/** What somebody may, of all that ways ask for; an empty list where nothing. */
export type Rights = { readonly [act: string]: readonly Right[] };

/** The rights that a list of grants comes to. */
export function rightsOf(grants: readonly Grant[], acts: Acts): readonly Right[] {
  return grants.flatMap((grant) =>
    Object.entries(acts).flatMap(([act, list]) => {
      const allowed = list.flatMap((each) => allowedActs(grant, each));
      if (allowed.length === 0) return [];
      const { resourceNames = [] } = grant.rule;
      const names = resourceNames.length === 0 ? ("any" as const) : resourceNames;
      return [{ act, grant, allowed, namespace: grant.namespace, names }];
    }),
  );
}

function allowedActs(
  { rule, namespace }: Grant,
  { verbs, group, resource, isClusterWide }: Act,
): readonly AllowedAct[] {
  if (isClusterWide === true && namespace !== "") return [];
  return verbs.filter((verb) => allowsAny(rule, verb, group, resource)).map((verb) => ({ verb, group, resource }));
}

/**
 * Whether the rule allows it for some name. What is created has none yet, and many are deleted at once, so rules with names never allow that;
 * lists and watches have the name of a selector of `metadata.name`.
 */
function allowsAny(rule: PolicyRule, verb: string, group: string, path: string): boolean {
  const [resource = "", subresource] = path.split("/");
  // The name is the object's whose subresource is created.
  const isNameless = verb === "deletecollection" || (verb === "create" && subresource === undefined);
  const name = isNameless ? "" : (rule.resourceNames?.[0] ?? "");
  return allows(rule, { verb, group, resource, name, ...(subresource === undefined ? {} : { subresource }) });
}

export function groupRights(rights: readonly Right[]): Rights {
  return Object.groupBy(rights, ({ act }) => act) as Rights;
}

/** Whether the right counts in a namespace. */
export function countsIn({ namespace }: Pick<Right, "namespace">, wanted: string): boolean {
  return namespace === "" || namespace === wanted;
}

/** Whether a limit lets a name pass; undefined stands for any object at all. */
export function fitsName(names: Names, wanted: string | undefined): boolean {
  return names === "any" || wanted === undefined || names.includes(wanted);
}
