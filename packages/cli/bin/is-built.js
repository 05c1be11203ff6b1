import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ownPackages = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** True when the built program is no older than any source of this tree. Folders count too: their time tells of files that were removed. */
export function isBuilt(packages = ownPackages) {
  const built = timeOf(join(packages, "cli", "dist", "sallyport.cjs"));
  if (built === undefined || (timeOf(join(packages, "..", "package-lock.json")) ?? 0) > built) return false;
  return readdirSync(packages).every((room) => isOlder(join(packages, room, "src"), built));
}

function isOlder(path, time) {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return true;
  if (entry.mtimeMs > time) return false;
  return !entry.isDirectory() || readdirSync(path).every((name) => isOlder(join(path, name), time));
}

function timeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
