import { manifestText } from "@sallyport/kube";
import { identityText, rbacText, type Suggestion, suggestedObjects, type UnusedRule } from "@sallyport/secrets";

/** Manifests to apply; what each subject has beside stands above its own, as comments. */
export function suggestYaml(suggestions: readonly Suggestion[]): string {
  return suggestions
    .map((each) => {
      const head = `# ${identityText(each.subject)}\n${each.unused.map((rule) => `#   ${unusedText(rule)}\n`).join("")}`;
      return (
        head +
        suggestedObjects(each)
          .map((object) => `---\n${manifestText(object)}`)
          .join("")
      );
    })
    .join("");
}

/** The same for scripts. */
export function suggestJson(suggestions: readonly Suggestion[]): object {
  return suggestions.map((each) => ({
    subject: each.subject,
    places: each.places,
    unused: each.unused.map((rule) => ({
      role: rule.grant.role,
      binding: rule.grant.binding,
      in: rule.grant.from,
      index: rule.grant.index,
      acts: rule.acts,
      text: unusedText(rule),
    })),
    manifests: suggestedObjects(each),
  }));
}

/** `not used: rule 1 of Role prod/r (RoleBinding prod/b)`, or what of it. */
function unusedText({ grant, acts }: UnusedRule): string {
  const { from, index, binding } = grant;
  const what = acts === "all" ? "not used" : `not used: ${acts.join(", ")}`;
  return `${what}${acts === "all" ? ": " : " in "}rule ${index + 1} of ${rbacText(from)} (${rbacText(binding)})`;
}
