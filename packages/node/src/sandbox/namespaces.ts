import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ToolFault, tool } from "../tool.ts";
import { mountPointsBelow } from "../volumes/mount-table.ts";

/** Files that hold a pod's namespaces: they live as long as the files are mounted, without any process in them. */
export interface Namespaces {
  readonly network?: string;
  readonly uts?: string;
  readonly ipc?: string;
  /** Whose the others are, where the pod has users of its own. */
  readonly user?: string;
}

export interface NamespaceRequest {
  readonly hostname: string;
  /** The node's own. */
  readonly hostNetwork: boolean;
  readonly hostIpc: boolean;
  /** The pod has users of its own: `size` of them, from this number on the machine. */
  readonly users?: { readonly first: number; readonly size: number };
}

/** Linux' limit. https://man7.org/linux/man-pages/man2/sethostname.2.html */
const maxHostname = 64;

/** The flags of `unshare`, `nsenter` and the names in /proc. */
const kinds = { network: "net", uts: "uts", ipc: "ipc", user: "user" } as const;

/** Makes a pod's namespaces in a folder. A pod of the node's network has the node's name too, as with kubelets. */
export async function makeNamespaces(folder: string, request: NamespaceRequest): Promise<Namespaces> {
  const { hostNetwork, hostIpc, users } = request;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const made: Namespaces = {
    ...(hostNetwork ? {} : { network: join(folder, "net"), uts: join(folder, "uts") }),
    ...(hostIpc ? {} : { ipc: join(folder, "ipc") }),
    ...(users === undefined ? {} : { user: join(folder, "user") }),
  };
  for (const file of Object.values(made)) await writeFile(file, "");
  const hostname = request.hostname.slice(0, maxHostname);
  if (users !== undefined) await makeWithUsers(made, hostname, users);
  else if (Object.keys(made).length > 0) {
    const inside = made.uts === undefined ? ["true"] : ["hostname", hostname];
    await tool("unshare", [...entriesOf(made).map(([kind, file]) => `--${kinds[kind]}=${file}`), ...inside]);
  }
  return made;
}

function entriesOf(made: Namespaces): readonly (readonly [keyof Namespaces, string])[] {
  return Object.entries(made) as (readonly [keyof Namespaces, string])[];
}

/**
 * A process begins in all of them, is told who its users are, and is gone when files hold what it was in: the other namespaces are the
 * users', who may do in them what root may.
 */
async function makeWithUsers(
  made: Namespaces,
  hostname: string,
  { first, size }: NonNullable<NamespaceRequest["users"]>,
): Promise<void> {
  const flags = entriesOf(made).map(([kind]) => `--${kinds[kind]}`);
  const child = spawn("unshare", [...flags, "sleep", "60"], { stdio: "ignore" });
  try {
    await once(child, "spawn");
    await untilApart(child.pid as number);
    for (const map of ["uid_map", "gid_map"]) await writeFile(`/proc/${child.pid}/${map}`, `0 ${first} ${size}`);
    for (const [kind, file] of entriesOf(made))
      await tool("mount", ["--bind", `/proc/${child.pid}/ns/${kinds[kind]}`, file]);
    if (made.uts !== undefined)
      await tool("nsenter", [`--user=${made.user}`, `--uts=${made.uts}`, "hostname", hostname]);
  } finally {
    child.kill("SIGKILL");
  }
}

/** So long the kernel takes at most to make them, in steps of some milliseconds. */
const [apartTries, apartMs] = [1000, 5];

async function untilApart(pid: number): Promise<void> {
  const own = await readlink("/proc/self/ns/user");
  for (let i = 0; i < apartTries; i++) {
    const theirs = await readlink(`/proc/${pid}/ns/user`).catch(() => own);
    if (theirs !== own) return;
    await new Promise((done) => setTimeout(done, apartMs));
  }
  throw new ToolFault("unshare: no user namespace was made");
}

/**
 * Takes away what is mounted under a folder, the deepest first, and then the folder; also what an earlier life left. Rejects, and removes
 * no file, while anything is still mounted: it could be a folder of the machine's.
 */
export async function removeMounts(folder: string): Promise<void> {
  for (const place of await mountsUnder(folder)) await tool("umount", ["--lazy", place]);
  const [left] = await mountsUnder(folder);
  if (left !== undefined) throw new ToolFault(`${left} is still mounted`);
  await rm(folder, { recursive: true, force: true });
}

/** Where something is mounted under a folder, the last one mounted first. */
export async function mountsUnder(folder: string): Promise<readonly string[]> {
  return mountPointsBelow(await readFile("/proc/self/mountinfo", "utf8"), folder);
}
