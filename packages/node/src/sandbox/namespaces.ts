import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tool } from "../tool.ts";
import { mountPointsBelow } from "../volumes/mount-table.ts";

/** Files that hold a pod's namespaces: they live as long as the files are mounted, without any process in them. */
export interface Namespaces {
  readonly network?: string;
  readonly uts?: string;
  readonly ipc?: string;
}

export interface NamespaceRequest {
  readonly hostname: string;
  /** The node's own. */
  readonly hostNetwork: boolean;
  readonly hostIpc: boolean;
}

/** Linux' limit. https://man7.org/linux/man-pages/man2/sethostname.2.html */
const maxHostname = 64;

/** Makes a pod's namespaces in a folder. A pod of the node's network has the node's name too, as with kubelets. */
export async function makeNamespaces(
  folder: string,
  { hostname, hostNetwork, hostIpc }: NamespaceRequest,
): Promise<Namespaces> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const made: Namespaces = {
    ...(hostNetwork ? {} : { network: join(folder, "net"), uts: join(folder, "uts") }),
    ...(hostIpc ? {} : { ipc: join(folder, "ipc") }),
  };
  const files = Object.values(made);
  if (files.length === 0) return made;
  for (const file of files) await writeFile(file, "");
  const flags = [
    ...(made.network === undefined ? [] : [`--net=${made.network}`, `--uts=${made.uts}`]),
    ...(made.ipc === undefined ? [] : [`--ipc=${made.ipc}`]),
  ];
  const inside = made.uts === undefined ? ["true"] : ["hostname", hostname.slice(0, maxHostname)];
  await tool("unshare", [...flags, ...inside]);
  return made;
}

/** Takes away what is mounted under a folder, the deepest first, and then the folder; also what an earlier life left. */
export async function removeMounts(folder: string): Promise<void> {
  for (const place of await mountsUnder(folder)) await tool("umount", ["--lazy", place]);
  await rm(folder, { recursive: true, force: true });
}

/** Where something is mounted under a folder, the last one mounted first. */
export async function mountsUnder(folder: string): Promise<readonly string[]> {
  return mountPointsBelow(await readFile("/proc/self/mountinfo", "utf8"), folder);
}
