import type { RegoVersion } from "./ast.ts";

/** What of the language modules may use: the parser's part of OPA's capabilities.json. https://www.openpolicyagent.org/docs/deployments#capabilities */
export interface LanguageCapabilities {
  /** What `import future.keywords.…` may name; with the feature `rego_v1`, v1's own keywords as well. */
  readonly future_keywords?: readonly string[] | null;
  /** `rego_v1`, `keywords_in_refs`, `template_strings`; of earlier versions `rego_v1_import` and `rule_head_refs`. */
  readonly features?: readonly string[] | null;
}

/** Those of OPA 1.19. */
export const currentLanguage: LanguageCapabilities = {
  future_keywords: ["not"],
  features: ["keywords_in_refs", "rego_v1", "template_strings"],
};

/** Those of OPA 1.19 for policies that are written in Rego v0. */
export const currentLanguageV0: LanguageCapabilities = {
  future_keywords: ["contains", "every", "if", "in", "not"],
  features: ["keywords_in_refs", "rego_v1", "rego_v1_import", "rule_head_ref_string_prefixes", "rule_head_refs"],
};

/** What the language offers in a version, unless something else is said. */
export function languageOf(version: RegoVersion): LanguageCapabilities {
  return version === "v0" ? currentLanguageV0 : currentLanguage;
}
