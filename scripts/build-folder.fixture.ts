import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";

/** A new folder for what a test builds, below the dependencies that are not built in. The test removes it. */
export function makeBuildFolder(name: string): string {
  const parent = join(import.meta.dirname, "../node_modules/.cache");
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, `${name}-`));
}
