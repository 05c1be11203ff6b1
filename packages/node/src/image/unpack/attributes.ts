import { chmodSync, lchownSync, lutimesSync } from "node:fs";
import { invalidEntry } from "./budget.ts";

/** Whose a file is, who may use it, and when it was changed. */
export interface Attributes {
  readonly uid: number;
  readonly gid: number;
  /** With setuid, setgid and sticky. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly time?: number;
  readonly isSymlink?: boolean;
}

/** The kernel's -1 stands for no change. */
const idLimit = 2 ** 32 - 2;

/** Mode after owner: a change of owner takes setuid away. */
export function setAttributes(
  place: string,
  { uid, gid, mode, time, isSymlink }: Attributes,
  hasOwners: boolean,
): void {
  for (const id of [uid, gid])
    if (!Number.isInteger(id) || id < 0 || id > idLimit) throw invalidEntry(`no user or group has the number ${id}`);
  if (hasOwners) lchownSync(place, uid, gid);
  if (!isSymlink) chmodSync(place, mode);
  if (time !== undefined && Number.isFinite(time)) lutimesSync(place, time, time);
}
