import { readFile, statfs } from "node:fs/promises";
import { freemem } from "node:os";

/** kubelet's evictionHard: less than this is a pressure. */
const [minMemoryBytes, minDiskShare, minPidShare] = [100 * 1024 * 1024, 0.1, 0.1];

/** What this machine is short of, where `folder` is the disk that pods write to. */
export async function pressuresOf(folder: string): Promise<{ readonly [what in "memory" | "disk" | "pid"]: boolean }> {
  const { bavail, blocks } = await statfs(folder);
  const [running, most] = await processes();
  return {
    memory: (await availableMemory()) < minMemoryBytes,
    disk: bavail < blocks * minDiskShare,
    pid: most - running < most * minPidShare,
  };
}

export async function diskBytesOf(folder: string): Promise<number> {
  const { blocks, bsize } = await statfs(folder);
  return blocks * bsize;
}

async function availableMemory(): Promise<number> {
  const text = await readFile("/proc/meminfo", "utf8").catch(() => "");
  const [, kibibytes] = /^MemAvailable:\s+(\d+) kB/m.exec(text) ?? [];
  return kibibytes === undefined ? freemem() : Number(kibibytes) * 1024;
}

/** How many there are and how many there can be. */
async function processes(): Promise<readonly [running: number, most: number]> {
  const load = await readFile("/proc/loadavg", "utf8").catch(() => "");
  const [, running = "0"] = /\/(\d+) /.exec(load) ?? [];
  const most = Number(await readFile("/proc/sys/kernel/pid_max", "utf8").catch(() => "32768"));
  return [Number(running), most];
}

/** What a Node tells of its system. core/v1 NodeSystemInfo */
export async function systemInfo(facts: {
  readonly architecture: string;
  readonly operatingSystem: string;
  readonly kernelVersion: string;
  readonly kubeletVersion: string;
  readonly runtimeVersion: string;
}): Promise<{ readonly [field: string]: string }> {
  const read = (file: string) =>
    readFile(file, "utf8")
      .then((text) => text.trim())
      .catch(() => "");
  const release = await read("/etc/os-release");
  const [, osImage = ""] = /^PRETTY_NAME="?([^"\n]*)/m.exec(release) ?? [];
  return {
    architecture: facts.architecture,
    operatingSystem: facts.operatingSystem,
    kernelVersion: facts.kernelVersion,
    kubeletVersion: facts.kubeletVersion,
    kubeProxyVersion: "",
    containerRuntimeVersion: facts.runtimeVersion,
    osImage,
    bootID: await read("/proc/sys/kernel/random/boot_id"),
    machineID: await read("/etc/machine-id"),
    systemUUID: await read("/sys/class/dmi/id/product_uuid"),
  };
}
