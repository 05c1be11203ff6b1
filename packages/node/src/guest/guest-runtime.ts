import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { access, constants, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HandlerTraits } from "../bundle/machine.ts";
import {
  type ContainerRuntime,
  type ProcessIo,
  type RunningProcess,
  type RunRequest,
  RuntimeFault,
  type SandboxRequest,
} from "../runtime/container-runtime.ts";
import type { OciProcess, OciSpec } from "../runtime/oci-spec.ts";
import { guestFiles } from "./guest-files.ts";
import type { GuestKernel } from "./guest-kernel.ts";
import { type Accelerator, GuestMachine, removeGuest } from "./guest-machine.ts";
import { joinGuest } from "./guest-network.ts";
import { guestSpec } from "./guest-spec.ts";

export interface GuestRuntimeOptions {
  /** Absolute, and no symlink. */
  readonly folder: string;
  readonly qemu: string;
  readonly qemuVersion: string;
  readonly virtiofsd: string;
  readonly kernel: GuestKernel;
}

const traits: HandlerTraits = {
  pidsFloor: 0,
  hasOwnKernel: true,
  refusesUserNamespaces: true,
  unknownCapabilities: [],
};

/** Of a pod whose containers have no limits, and of the guest's own beside them. */
const [defaultMemoryMiB, ownMemoryMiB] = [512, 160];
const mebibyte = 1024 * 1024;

const limits: readonly string[] = [
  "hostNetwork, hostPID, hostIPC and hostUsers: false: refused",
  "devices of the machine: none; privileged is so within the guest",
  "mounts do not propagate to the node, and sockets in volumes reach nobody",
  "shareProcessNamespace: each container sees its own processes alone",
  "port-forward: not to what listens on the guest's loopback address alone",
  "sidecars of the mesh: none",
  "processors: one; memory as the pod's limits say, or 512 MiB",
  "exec: 20 processes of a pod at once",
];
const imitated = "isolation: software emulation, no hardware isolation, and some ten times slower";

/** Containers in virtual machines of QEMU, one for each pod, on a Linux kernel of the pod's own. */
export class GuestRuntime implements ContainerRuntime {
  readonly handler = "kata";
  readonly traits = traits;
  readonly trialSeconds = 300;
  readonly #options: GuestRuntimeOptions;
  /** By the container that began them: a pod's, or one that is alone. */
  readonly #guests = new Map<string, GuestMachine>();
  /** Which guest a container is in. */
  readonly #containers = new Map<string, GuestMachine>();
  #accelerator: Accelerator | undefined;
  #initramfs: Promise<string> | undefined;

  constructor(options: GuestRuntimeOptions) {
    this.#options = options;
  }

  /** With what runs guests here, which the first of them tells. */
  get version(): string {
    const { qemuVersion, kernel } = this.#options;
    const kinds = { kvm: ", kvm", tcg: ", software emulation: no hardware isolation" };
    const kind = this.#accelerator === undefined ? "" : kinds[this.#accelerator];
    return `QEMU ${qemuVersion}, Linux ${kernel.version}${kind}`;
  }

  get limits(): readonly string[] {
    return this.#accelerator === "tcg" ? [imitated, ...limits] : limits;
  }

  async startSandbox({ id, bundle, memoryBytes, signal }: SandboxRequest): Promise<void> {
    await this.#boot(id, readSpec(bundle), memoryBytes, signal);
  }

  async stopSandbox(id: string): Promise<void> {
    await this.delete(id);
  }

  async run({ id, bundle, io }: RunRequest): Promise<RunningProcess> {
    const spec = readSpec(bundle);
    const inGuest = guestSpec(id, spec);
    const sandbox = spec.annotations?.["io.kubernetes.cri.sandbox-id"];
    const guest = sandbox === undefined ? await this.#boot(id, spec) : this.#guests.get(sandbox);
    if (guest === undefined) throw new RuntimeFault("RunContainerError", "kata: the pod's guest has ended");
    this.#containers.set(id, guest);
    await guest.share.add(id, inGuest);
    return guest.agent.start({ verb: "run", id }, io, "RunContainerError");
  }

  async exec(id: string, process: OciProcess, io: ProcessIo): Promise<RunningProcess> {
    const guest = this.#containers.get(id);
    if (guest === undefined) throw new RuntimeFault("ExecError", `kata: no container ${id}`);
    const file = `process-${randomUUID()}.json`;
    await guest.share.write(id, file, JSON.stringify({ ...process, terminal: io.tty }));
    const remove = () => guest.share.take(id, file);
    try {
      const running = await guest.agent.start({ verb: "exec", id, file }, io, "ExecError");
      running.exited.then(remove, remove);
      return running;
    } catch (error) {
      await remove();
      throw error;
    }
  }

  async kill(id: string, signal: string, { all = false }: { readonly all?: boolean } = {}): Promise<void> {
    const guest = this.#containers.get(id);
    if (guest === undefined) return;
    const { code, text } = await guest.agent.call(["kill", ...(all ? ["--all"] : []), id, signal]);
    if (code !== 0 && (await isRunning(guest, id))) throw new RuntimeFault("RuntimeError", `kata kill: ${text}`);
  }

  async delete(id: string): Promise<void> {
    const own = this.#guests.get(id);
    const guest = this.#containers.get(id);
    this.#containers.delete(id);
    if (own !== undefined) {
      this.#guests.delete(id);
      for (const [container, of] of this.#containers) if (of === own) this.#containers.delete(container);
      await own.stop();
    } else if (guest !== undefined) {
      await guest.agent.call(["delete", "--force", id]);
      await guest.share.remove(id);
    } else await removeGuest(this.#folderOf(id));
  }

  async list(): Promise<readonly string[]> {
    const folder = join(this.#options.folder, "guests");
    const names = await readdir(folder).catch(() => []);
    const left = await Promise.all(names.map((name) => readFile(join(folder, name, "id"), "utf8").catch(() => "")));
    return [...new Set([...left.filter((id) => id !== ""), ...this.#containers.keys()])];
  }

  /** Paths of sockets must be short. */
  #folderOf(id: string): string {
    const name = createHash("sha256").update(id).digest("hex").slice(0, 12);
    return join(this.#options.folder, "guests", name);
  }

  async #boot(id: string, spec: OciSpec, memoryBytes?: number, signal?: AbortSignal): Promise<GuestMachine> {
    guestSpec(id, spec);
    const namespace = spec.linux.namespaces.find(({ type }) => type === "network")?.path;
    const address = namespace === undefined ? undefined : await joinGuest(namespace);
    const programs = { ...this.#options, initramfs: await this.#firstFiles() };
    const request = {
      id,
      folder: this.#folderOf(id),
      memoryMiB: memoryBytes === undefined ? defaultMemoryMiB : Math.ceil(memoryBytes / mebibyte) + ownMemoryMiB,
      hostname: spec.hostname ?? "guest",
      sysctls: spec.linux.sysctl ?? {},
      cgroup: spec.linux.cgroupsPath,
      signal,
      ...(namespace === undefined || address === undefined ? {} : { network: { namespace, address } }),
    };
    const guest = await this.#bootBy(async (accelerator) => GuestMachine.boot(programs, { ...request, accelerator }));
    this.#guests.set(id, guest);
    return guest;
  }

  /** The first guest finds out whether /dev/kvm works: there are some that open, and do not. All others are then as that one. */
  async #bootBy(boot: (accelerator: Accelerator) => Promise<GuestMachine>): Promise<GuestMachine> {
    if (this.#accelerator !== undefined) return boot(this.#accelerator);
    if (await isUsable("/dev/kvm")) {
      const guest = await boot("kvm").catch(() => undefined);
      if (guest !== undefined) {
        this.#accelerator ??= "kvm";
        return guest;
      }
    }
    const guest = await boot("tcg");
    this.#accelerator ??= "tcg";
    return guest;
  }

  #firstFiles(): Promise<string> {
    this.#initramfs ??= this.#writeFirstFiles();
    return this.#initramfs;
  }

  async #writeFirstFiles(): Promise<string> {
    const file = join(this.#options.folder, "initramfs");
    await mkdir(this.#options.folder, { recursive: true, mode: 0o711 });
    await writeFile(file, await guestFiles(this.#options.kernel), { mode: 0o644 });
    return file;
  }
}

function readSpec(bundle: string): OciSpec {
  return JSON.parse(readFileSync(join(bundle, "config.json"), "utf8")) as OciSpec;
}

async function isRunning(guest: GuestMachine, id: string): Promise<boolean> {
  const { text } = await guest.agent.call(["state", id]);
  return /"status": ?"running"/.test(text);
}

async function isUsable(device: string): Promise<boolean> {
  return access(device, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
}
