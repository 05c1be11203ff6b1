import { chmodSync, lchownSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

const setgid = 0o2000;

/**
 * Gives a volume to a group: its members may read, write where it can be written, and what they make in its folders is the group's too.
 * The folder itself comes last, as kubelets tell by it whether all is done. pkg/volume: changeFilePermission
 */
export function giveToGroup(place: string, gid: number, isReadOnly: boolean): void {
  const found = lstatSync(place);
  if (found.isDirectory()) for (const name of readdirSync(place)) giveToGroup(join(place, name), gid, isReadOnly);
  lchownSync(place, -1, gid);
  // Of a symlink it would change what it leads to.
  if (found.isSymbolicLink()) return;
  const mask = (isReadOnly ? 0o440 : 0o660) | (found.isDirectory() ? 0o110 | setgid : 0);
  chmodSync(place, (found.mode & 0o7777) | mask);
}

/** Whether a volume that can be written to is the group's already, by its folder alone. pkg/volume: requiresPermissionChange */
export function isOfGroup(place: string, gid: number): boolean {
  const found = lstatSync(place);
  const wanted = 0o770 | setgid;
  return found.isDirectory() && found.gid === gid && (found.mode & wanted) === wanted;
}
