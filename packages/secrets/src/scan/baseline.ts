/** Reads fingerprints that are known, one a line; what stands behind `#` is a remark. Answers the 1-based number of a line that is none. */
export function parseBaseline(text: string): ReadonlySet<string> | { readonly badLine: number } {
  const lines = text.split("\n").map((line) => line.replace(/#.*$/, "").trim());
  const bad = lines.findIndex((line) => line !== "" && !/^[0-9a-f]{16}$/.test(line));
  return bad < 0 ? new Set(lines.filter(Boolean)) : { badLine: bad + 1 };
}
