import { basename, matchesGlob } from "node:path";

/** True when the name of a file or folder matches one of the patterns, as Go's filepath.Match reads them. */
export function isIgnored(path: string, patterns: readonly string[]): boolean {
  const name = basename(path);
  return patterns.some((pattern) => matchesGlob(name, pattern));
}
