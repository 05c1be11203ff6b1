import { execFile } from "node:child_process";
import { access, constants, readdir, readFile } from "node:fs/promises";
import { release } from "node:os";
import { promisify } from "node:util";
import type { Machine } from "../bundle/machine.ts";
import { readMachine } from "./machine.ts";

/** What containers need of a machine, as it was found: nothing is guessed. */
export interface MachineFacts {
  readonly kernel: string;
  readonly uid: number | undefined;
  /** Of the bounding set. */
  readonly capabilities: readonly string[];
  readonly cgroups: Machine["cgroups"];
  /** Which controllers there are, of either version. */
  readonly controllers: readonly string[];
  /** Kinds of namespaces that the kernel has. */
  readonly namespaces: readonly string[];
  /** Kernel facilities by name: true, or why not. */
  readonly facilities: { readonly [name: string]: true | string };
  /** Of the kernel's security modules, those in force. */
  readonly securityModules: readonly string[];
  /** Programs that pods need, with where they are; undefined for none. */
  readonly tools: { readonly [tool: string]: string | undefined };
}

/** What is run to make pods, beside runtimes. */
const tools = ["ip", "nft", "nsenter", "unshare", "mount", "mkfifo", "script", "stty", "setfattr"];

const seconds = 10;
const run = promisify(execFile);

/** Looks at everything anew. */
export async function machineFacts(): Promise<MachineFacts> {
  const machine = await readMachine();
  return {
    kernel: release(),
    uid: process.getuid?.(),
    capabilities: machine.capabilities,
    cgroups: machine.cgroups,
    controllers: await controllers(machine.cgroups),
    namespaces: (await readdir("/proc/self/ns")).filter((each) => !each.endsWith("_for_children")),
    facilities: await facilities(),
    securityModules: await securityModules(machine),
    tools: Object.fromEntries(await Promise.all(tools.map(async (each) => [each, await placeOf(each)] as const))),
  };
}

async function controllers(layout: Machine["cgroups"]): Promise<readonly string[]> {
  if (layout === "v2")
    return (await readFile("/sys/fs/cgroup/cgroup.controllers", "utf8").catch(() => "")).trim().split(" ");
  const table = await readFile("/proc/cgroups", "utf8").catch(() => "");
  return table.split("\n").flatMap((line) => {
    const [name = "", hierarchy = "0"] = line.split("\t");
    return name === "" || name.startsWith("#") || hierarchy === "0" ? [] : [name];
  });
}

async function facilities(): Promise<MachineFacts["facilities"]> {
  const tries: { readonly [name: string]: () => Promise<true | string> } = {
    "network namespaces with veth": () =>
      tried("unshare", ["--net", "ip", "link", "add", "sp0", "type", "veth", "peer", "name", "sp1"]),
    nftables: () => tried("unshare", ["--net", "nft", "add", "table", "inet", "sallyport"]),
    "user namespaces": () => tried("unshare", ["--user", "true"]),
    overlayfs: () => tried("unshare", ["--mount", "sh", "-c", overlay]),
    seccomp: async () =>
      /^Seccomp:/m.test(await readFile("/proc/self/status", "utf8")) || "the kernel was built without it",
    // Some open, and do not work all the same: only a container tells.
    "/dev/kvm opens": () => openable("/dev/kvm"),
    "/dev/net/tun opens": () => openable("/dev/net/tun"),
  };
  return Object.fromEntries(await Promise.all(Object.entries(tries).map(async ([name, look]) => [name, await look()])));
}

/** In a mount namespace of its own, which takes all away again. */
const overlay =
  "mount -t tmpfs none /mnt && mkdir /mnt/a /mnt/b /mnt/c /mnt/d && " +
  "mount -t overlay -o lowerdir=/mnt/a,upperdir=/mnt/b,workdir=/mnt/c none /mnt/d";

async function tried(program: string, args: readonly string[]): Promise<true | string> {
  try {
    await run(program, [...args], { timeout: seconds * 1000, killSignal: "SIGKILL" });
    return true;
  } catch (error) {
    const { code, stderr = "" } = error as NodeJS.ErrnoException & { readonly stderr?: string };
    return (code as unknown) === "ENOENT" ? `no ${program} on this machine` : (stderr.trim().split("\n")[0] as string);
  }
}

async function openable(path: string): Promise<true | string> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "not there" : "not to be opened";
  }
}

/** The kernel's own list lies in securityfs, which is not mounted everywhere. */
async function securityModules({ hasAppArmor, hasSeLinux }: Machine): Promise<readonly string[]> {
  const text = await readFile("/sys/kernel/security/lsm", "utf8").catch(() => "");
  if (text !== "") return text.trim().split(",");
  return [...(hasAppArmor ? ["apparmor"] : []), ...(hasSeLinux ? ["selinux"] : [])];
}

async function placeOf(tool: string): Promise<string | undefined> {
  const found = await run("sh", ["-c", 'command -v "$0"', tool]).catch(() => undefined);
  return found?.stdout.trim() || undefined;
}
