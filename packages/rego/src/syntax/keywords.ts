/** Words that are keywords in every version. */
export const alwaysKeywords: readonly string[] = [
  "package",
  "import",
  "as",
  "default",
  "else",
  "not",
  "null",
  "true",
  "false",
  "with",
  "some",
];

/** Those of v1, which v0 knows by `import future.keywords`. */
export const futureKeywords: readonly string[] = ["in", "every", "contains", "if"];

const keywords: ReadonlySet<string> = new Set([...alwaysKeywords, ...futureKeywords]);

/** True for the keywords of v1. */
export function isKeyword(word: string): boolean {
  return keywords.has(word);
}

/** True when OPA prints the key behind a dot, without brackets. */
export function isPlainKey(key: string): boolean {
  return /^[A-Za-z_]\w*$/.test(key) && !keywords.has(key);
}
