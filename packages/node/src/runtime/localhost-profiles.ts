import { readFileSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import type { LocalhostProfiles } from "../bundle/seccomp.ts";

/** The longest profiles that are in use have some hundred KB. */
const maxBytes = 1024 * 1024;

/** Profiles of a node's folder, as kubelet's `seccomp`: what lies elsewhere, also by a link, and what is too large is not there. */
export function localhostProfiles(folder: string): LocalhostProfiles {
  return (path) => {
    try {
      const [root, file] = [realpathSync(folder), realpathSync(join(folder, path))];
      if (!file.startsWith(root + sep)) return undefined;
      const found = statSync(file);
      return found.isFile() && found.size <= maxBytes ? readFileSync(file, "utf8") : undefined;
    } catch {
      return undefined;
    }
  };
}
