import { readFileSync } from "node:fs";
import { RuntimeFault } from "../runtime/container-runtime.ts";
import { RootTree, statOf } from "./unpack/root-tree.ts";

/** Who a process of an image is, as the image's own /etc/passwd and /etc/group say. */
export interface ImageUser {
  readonly uid: number;
  /** The one asked for, or the user's own; 0 where no file names the user. */
  readonly gid: number;
  /** Of the groups that name the user as a member, as containerd adds them. */
  readonly additionalGids: readonly number[];
  /** Absent where no file names the user. */
  readonly username?: string;
  readonly home?: string;
}

/** Files of users of large sites have some megabytes. */
const fileBytes = 16 * 1024 ** 2;
/** As runc has it. */
const idLimit = 2 ** 31 - 1;

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/**
 * `user`, `uid`, `user:group`, `uid:gid`, and root for nothing, as an image's configuration has it. Throws `RuntimeFault` of reason
 * CreateContainerError, in the words of containerd's library for it. moby/sys/user: GetExecUser
 */
export function resolveUser(rootfs: string, user: string): ImageUser {
  const tree = new RootTree(rootfs);
  const colon = user.indexOf(":");
  const [userPart, groupPart] = colon < 0 ? [user, ""] : [user.slice(0, colon), user.slice(colon + 1)];
  const found = findUser(readFields(tree, "etc/passwd").map(passwdEntry), userPart);
  const groups = readFields(tree, "etc/group").map(groupEntry);
  const gid = groupPart === "" ? found.gid : findGroup(groups, groupPart);
  if ("name" in found) {
    const additionalGids = groups.filter(({ members }) => members.includes(found.name)).map((group) => group.gid);
    return {
      uid: found.uid,
      gid,
      additionalGids: [...new Set(additionalGids)],
      username: found.name,
      home: found.home,
    };
  }
  return { uid: found.uid, gid, additionalGids: [] };
}

function findUser(
  entries: readonly PasswdEntry[],
  user: string,
): PasswdEntry | { readonly uid: number; readonly gid: number } {
  const uid = user === "" ? 0 : numberOf(user);
  const found = entries.find((entry) => (uid === undefined ? entry.name === user : entry.uid === uid));
  if (found === undefined && uid === undefined)
    throw fault(`unable to find user ${user}: no matching entries in passwd file`);
  return found ?? { uid: checkId(uid as number), gid: 0 };
}

function findGroup(entries: readonly GroupEntry[], group: string): number {
  const gid = numberOf(group);
  const found = entries.find((entry) => (gid === undefined ? entry.name === group : entry.gid === gid));
  if (found === undefined && gid === undefined)
    throw fault(`unable to find group ${group}: no matching entries in group file`);
  return found?.gid ?? checkId(gid as number);
}

function checkId(id: number): number {
  if (id > idLimit) throw fault(`uids and gids must be in range 0-${idLimit}`);
  return id;
}

/** A name that is a number stands for the number. */
function numberOf(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function passwdEntry([name = "", , uid = "", gid = "", , home = ""]: readonly string[]): PasswdEntry {
  return { name, uid: Number(uid), gid: Number(gid), home };
}

function groupEntry([name = "", , gid = "", members = ""]: readonly string[]): GroupEntry {
  return { name, gid: Number(gid), members: members.split(",").filter((member) => member !== "") };
}

/** Of each line that has numbers where they belong; none where the image has no such file. Links lead nowhere outside of the image. */
function readFields(tree: RootTree, path: string): readonly (readonly string[])[] {
  const file = tree.find(path);
  const found = file === undefined ? undefined : statOf(file);
  if (file === undefined || !found?.isFile()) return [];
  if (found.size > fileBytes) throw fault(`/${path} of the image is larger than ${fileBytes} bytes`);
  const ids = path === "etc/passwd" ? [2, 3] : [2];
  return readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.trim().split(":"))
    .filter((fields) => ids.every((i) => /^\d{1,10}$/.test(fields[i] ?? "") && Number(fields[i]) <= idLimit));
}

function fault(message: string): RuntimeFault {
  return new RuntimeFault("CreateContainerError", message);
}
