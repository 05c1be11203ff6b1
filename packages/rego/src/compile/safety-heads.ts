import type { Head, Location, Rule } from "../syntax/ast.ts";
import { union } from "./name-sets.ts";
import { isGenerated } from "./names.ts";
import { isComprehension } from "./parts.ts";
import { type PlaceName, rootDocuments, type SafetyContext, shownName } from "./safety.ts";
import { fault } from "./stage.ts";
import { collectVars, safetyVars, varsOfBody } from "./vars.ts";
import { walkTerm } from "./walk.ts";

/** OPA's stage CheckSafetyRuleHeads: variables of a head must stand in its body or args. */
export function checkHeadSafety(rule: Rule, { names, report }: SafetyContext, placeName: PlaceName): void {
  const safe = union(varsOfBody(rule.body, safetyVars), rootDocuments);
  for (const arg of rule.head.args ?? []) collectVars(arg, {}, safe);
  const missing = [...lastPlaces(rule.head)].filter(([name]) => !safe.has(name) && !isGenerated(names.original(name)));
  for (const [name, loc] of missing.sort(([, a], [, b]) => a.offset - b.offset))
    report(fault("rego_unsafe_var_error", loc, `var ${shownName(names.original(name))} is unsafe${placeName()}`));
}

/** Each variable outside of closures with the place that OPA names: of several the last one, those in the rule's ref after all. */
function lastPlaces({ key, value, ref }: Head): ReadonlyMap<string, Location> {
  const places = new Map<string, Location>();
  for (const term of [key, value, ...ref.terms.slice(1)]) {
    if (term === undefined) continue;
    walkTerm(term, (each) => {
      if (each.kind === "var") places.set(each.name, each.loc);
      return !isComprehension(each);
    });
  }
  return places;
}
