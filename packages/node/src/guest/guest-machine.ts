import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cgroupLayout, cgroupRoot } from "../runtime/cgroup.ts";
import { RuntimeFault } from "../runtime/container-runtime.ts";
import { oneLine } from "../runtime/program-log.ts";
import { agentFile, channelFiles, GuestAgent } from "./guest-agent.ts";
import type { GuestKernel } from "./guest-kernel.ts";
import { tapName } from "./guest-network.ts";
import { buses, slotsPerBus } from "./guest-scripts.ts";
import { GuestShare } from "./guest-share.ts";

/** What runs a guest's instructions: the processor, or a program that imitates one. */
export type Accelerator = "kvm" | "tcg";

export interface GuestPrograms {
  readonly qemu: string;
  readonly virtiofsd: string;
  readonly kernel: GuestKernel;
  /** The file of the guest's first file system. */
  readonly initramfs: string;
}

export interface GuestRequest {
  readonly id: string;
  /** Of this guest alone; absolute, no symlink. */
  readonly folder: string;
  readonly accelerator: Accelerator;
  readonly memoryMiB: number;
  readonly hostname: string;
  /** Of the whole guest: `net.core.somaxconn`. */
  readonly sysctls: { readonly [name: string]: string };
  readonly cgroup: string;
  /** The pod's namespace and address; absent for a guest without a network. */
  readonly network?: { readonly namespace: string; readonly address: string } | undefined;
  /** Nobody waits for it any more. */
  readonly signal?: AbortSignal | undefined;
}

/** Imitated, it takes five seconds on a machine that does nothing else, and two minutes where fifteen others wait for the processor. */
const bootSeconds: { readonly [accelerator in Accelerator]: number } = { kvm: 15, tcg: 240 };
const socketSeconds = 20;
const pollMs = 10;
/** Of what an imitated processor keeps translated: QEMU takes a gigabyte otherwise. Twice as much makes it 6% quicker to boot. */
const translatedMiB = 64;
/** So many of a program's last words are kept. */
const maxWords = 4096;
/** Nobody on this machine. */
const nobody = "65534:65534";

/** A virtual machine that runs a pod's containers. */
export class GuestMachine {
  readonly id: string;
  readonly agent: GuestAgent;
  readonly share: GuestShare;
  readonly #folder: string;
  readonly #children: readonly ChildProcess[];

  private constructor(request: GuestRequest, share: GuestShare, agent: GuestAgent, children: readonly ChildProcess[]) {
    this.id = request.id;
    this.#folder = request.folder;
    this.share = share;
    this.agent = agent;
    this.#children = children;
  }

  /** Resolves when its agent answers. Leaves nothing where that does not come to pass. */
  static async boot(programs: GuestPrograms, request: GuestRequest): Promise<GuestMachine> {
    const { folder, id, accelerator, signal } = request;
    const share = new GuestShare(folder);
    const children: ChildProcess[] = [];
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(join(folder, "id"), id);
      await share.open();
      const words = new LastWords();
      const start = (line: readonly string[]) => {
        if (signal?.aborted === true) throw fault(givenUp);
        const child = startChild(line, folder, words);
        children.push(child);
        return child;
      };
      const files = start(shareLine(programs.virtiofsd, folder, share));
      await untilThere(join(folder, "files"), files, words);
      const qemu = start(machineLine(programs, request));
      await joinCgroup(request.cgroup, [files, qemu]);
      await untilThere(join(folder, agentFile), qemu, words);
      const agent = await GuestAgent.connect(folder);
      const ended = once(qemu, "exit").then(() => Promise.reject(fault(`qemu ended: ${words.text}`)));
      const late = new AbortController();
      const tooLate = delay(bootSeconds[accelerator] * 1000, undefined, { signal: late.signal }).then(() =>
        Promise.reject(fault(`the guest did not answer within ${bootSeconds[accelerator]} s: ${words.text}`)),
      );
      const unwanted = untilAborted(signal).then(() => Promise.reject(fault(givenUp)));
      for (const each of [ended, tooLate, unwanted]) each.catch(() => {});
      await Promise.race([agent.begin(request), ended, tooLate, unwanted]).finally(() => late.abort());
      return new GuestMachine(request, share, agent, children);
    } catch (error) {
      await stopAll(children);
      await removeGuest(folder);
      // Its folder may be gone, or its sockets.
      throw error instanceof RuntimeFault ? error : fault((error as Error).message);
    }
  }

  /** As if its power had failed: containers have ended by then, or are not waited for. */
  async stop(): Promise<void> {
    this.agent.close();
    await stopAll(this.#children);
    await removeGuest(this.#folder);
  }
}

/** Takes away what a guest of this folder left, also one of an earlier life. */
export async function removeGuest(folder: string): Promise<void> {
  for (const pid of await processesOf(folder)) killProcess(pid);
  await new GuestShare(folder).close();
  await rm(lockOf(join(folder, "files")), { force: true });
  await rm(folder, { recursive: true, force: true });
}

/** virtiofsd leaves a file where it says that a socket is in use. */
function lockOf(socket: string): string {
  return `/run/virtiofsd/${socket.replaceAll("/", ".")}.pid`;
}

const givenUp = "nobody waits for the guest any more";

/** Never, where there is no signal. */
function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((done) => {
    if (signal?.aborted === true) done();
    else signal?.addEventListener("abort", () => done(), { once: true });
  });
}

function fault(message: string): RuntimeFault {
  return new RuntimeFault("FailedCreatePodSandBox", `kata: ${oneLine(message)}`);
}

/**
 * Serves the files as whoever uses them in the guest. The guest's kernel judges who may do what, by all groups of a process; of these the
 * server learns one alone, and must not judge once more: it keeps root's capabilities as another user.
 */
function shareLine(virtiofsd: string, folder: string, share: GuestShare): readonly string[] {
  const options = `source=${share.guests},sandbox=namespace,announce_submounts,xattr,cache=auto`;
  return ["setpriv", "--securebits", "+no_setuid_fixup", virtiofsd, `--socket-path=${folder}/files`, "-o", options];
}

function machineLine(
  { qemu, kernel, initramfs }: GuestPrograms,
  { accelerator, memoryMiB, network }: GuestRequest,
): readonly string[] {
  const isImitated = accelerator === "tcg";
  const link =
    network === undefined
      ? ["-nic", "none"]
      : [
          "-netdev",
          `tap,id=net,ifname=${tapName},script=no,downscript=no`,
          "-device",
          "virtio-net-pci,netdev=net,romfile=",
        ];
  return [
    ...(network === undefined ? [] : ["nsenter", `--net=${network.namespace}`]),
    qemu,
    ...["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-serial", "stdio", "-runas", nobody],
    ...["-sandbox", "on,obsolete=deny,elevateprivileges=allow,spawn=deny,resourcecontrol=deny"],
    ...["-machine", "pc,memory-backend=memory,usb=off"],
    ...(isImitated ? ["-accel", `tcg,tb-size=${translatedMiB}`, "-cpu", "max"] : ["-accel", "kvm", "-cpu", "host"]),
    ...["-m", `${memoryMiB}M`, "-object", `memory-backend-memfd,id=memory,size=${memoryMiB}M,share=on`],
    ...["-kernel", kernel.file, "-initrd", initramfs],
    // What a processor is protected against, an imitated one need not be.
    ...["-append", `console=ttyS0 quiet panic=-1 acpi=off${isImitated ? " nokaslr mitigations=off" : ""}`],
    ...channels(),
    ...["-chardev", "socket,id=files,path=files", "-device", "vhost-user-fs-pci,chardev=files,tag=shared"],
    // What the guest's kernel has freed, the node has again.
    ...["-device", "virtio-balloon-pci,free-page-reporting=on"],
    ...link,
  ];
}

/** The first devices, since the guest numbers them: one for the agent's lines, others for what processes read and write. */
function channels(): readonly string[] {
  const channel = (file: string, bus: number, port: number) => [
    "-chardev",
    `socket,id=${file},path=${file},server=on,wait=off`,
    "-device",
    `virtserialport,chardev=${file},bus=bus${bus}.0,nr=${port}`,
  ];
  const bus = (number: number) => ["-device", `virtio-serial-pci,id=bus${number},addr=${firstAddress + number}`];
  const line = [...bus(0), ...channel(agentFile, 0, 1)];
  for (let i = 1; i <= buses; i++) line.push(...bus(i));
  for (let slot = 0; slot < buses * slotsPerBus; slot++)
    for (const [i, file] of channelFiles(slot).entries())
      line.push(...channel(file, Math.floor(slot / slotsPerBus) + 1, (slot % slotsPerBus) * 3 + 1 + i));
  return line;
}

/** Behind what every machine of QEMU's has. */
const firstAddress = 2;

function startChild(line: readonly string[], folder: string, words: LastWords): ChildProcess {
  const [program = "", ...args] = line;
  // Away from our own terminal, whose interrupts would end it. Paths of sockets are short within its folder.
  const child = spawn(program, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], detached: true });
  child.on("error", (error) => words.add(error.message));
  child.stdout?.on("data", (chunk: Buffer) => words.add(chunk.toString("utf8")));
  child.stderr?.on("data", (chunk: Buffer) => words.add(chunk.toString("utf8")));
  return child;
}

/** What programs wrote at last: reasons, where they fail. */
class LastWords {
  text = "";

  add(text: string): void {
    this.text = (this.text + text).slice(-maxWords);
  }
}

async function untilThere(file: string, child: ChildProcess, words: LastWords): Promise<void> {
  const until = Date.now() + socketSeconds * 1000;
  while (!existsSync(file)) {
    const hasEnded = child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
    if (hasEnded || Date.now() > until) throw fault(`${child.spawnfile} did not begin: ${words.text}`);
    await delay(pollMs);
  }
}

/** So that what a guest uses counts as its pod's. A controller that does not take it counts nothing. */
async function joinCgroup(path: string, children: readonly ChildProcess[]): Promise<void> {
  const isUnified = (await cgroupLayout()) === "v2";
  const hierarchies = isUnified ? ["."] : ["cpu", "cpuacct", "memory", "pids"];
  for (const each of hierarchies) {
    const folder = join(cgroupRoot, each, path);
    try {
      await mkdir(folder, { recursive: true });
      for (const { pid } of children) await writeFile(join(folder, "cgroup.procs"), String(pid));
    } catch {
      // Not mounted here.
    }
  }
}

async function stopAll(children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    children.map(async (child) => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }),
  );
}

/** Those that work in a folder. */
async function processesOf(folder: string): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((each) => /^\d+$/.test(each));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      const place = await readlink(`/proc/${pid}/cwd`).catch(() => "");
      return line.includes(`source=${folder}/`) || place === folder ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
