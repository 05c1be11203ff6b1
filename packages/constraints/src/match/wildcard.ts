/**
 * Whether a name is the one that a pattern names: exactly, or with `*` before it, behind it, or both.
 * https://open-policy-agent.github.io/gatekeeper/website/docs/howto/#the-match-field
 */
export function matchesWildcard(pattern: string, name: string): boolean {
  const [before, behind] = [pattern.startsWith("*"), pattern.endsWith("*")];
  const text = pattern.slice(before ? 1 : 0, behind && pattern.length > 1 ? -1 : undefined);
  if (before && behind) return name.includes(text);
  if (before) return name.endsWith(text);
  return behind ? name.startsWith(text) : pattern === name;
}

/** Whether each name that the API server makes of a prefix matches: only patterns that end with `*` can tell. */
export function matchesGenerateName(pattern: string, prefix: string): boolean {
  return pattern.endsWith("*") && matchesWildcard(pattern, prefix);
}
