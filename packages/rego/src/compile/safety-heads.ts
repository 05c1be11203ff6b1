import type { Location, Rule, Term } from "../syntax/ast.ts";
import { union } from "./name-sets.ts";
import { type PlaceName, rootDocuments, type SafetyContext, unsafeText } from "./safety.ts";
import { fault } from "./stage.ts";
import { collectVars, safetyVars, varsOfBody } from "./vars.ts";
import { headTerms, isGenerated, walkTerm } from "./walk.ts";

/** OPA's stage CheckSafetyRuleHeads: variables of a head must stand in its body or args. */
export function checkHeadSafety(rule: Rule, { names, report }: SafetyContext, placeName: PlaceName): void {
  const safe = union(varsOfBody(rule.body, safetyVars), rootDocuments);
  for (const arg of rule.head.args ?? []) collectVars(arg, {}, safe);
  for (const [name, loc] of firstPlaces(headTerms(rule))) {
    const original = names.original(name);
    if (safe.has(name) || isGenerated(original)) continue;
    report(fault("rego_unsafe_var_error", loc, unsafeText(original) + placeName()));
  }
}

/** Each variable outside of closures with where it stands first. */
function firstPlaces(terms: readonly Term[]): ReadonlyMap<string, Location> {
  const places = new Map<string, Location>();
  for (const term of terms) {
    walkTerm(term, (each) => {
      if (each.kind === "var" && !places.has(each.name)) places.set(each.name, each.loc);
      return !each.kind.endsWith("comprehension");
    });
  }
  return places;
}
