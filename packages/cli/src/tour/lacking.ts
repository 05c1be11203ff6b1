import { isOnPath } from "../on-path.ts";
import type { Chapter } from "./chapter.ts";

/** What of a chapter's needs this machine lacks, in a few words; undefined when it has all. */
export function lacking({ needs }: Chapter): string | undefined {
  if (needs === undefined) return undefined;
  if (process.platform !== "linux") return "needs Linux";
  if (needs.root && process.getuid?.() !== 0) return "needs root";
  const absent = needs.programs.filter((name) => !isOnPath(name));
  return absent.length === 0 ? undefined : `needs ${absent.join(", ")}`;
}
