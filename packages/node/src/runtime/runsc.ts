import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { HandlerTraits } from "../bundle/machine.ts";
import { removeMounts } from "../sandbox/namespaces.ts";
import { type RunningProcess, type RunRequest, RuntimeFault, type SandboxRequest } from "./container-runtime.ts";
import { OciRuntime, type OciRuntimeOptions } from "./oci-runtime.ts";
import type { OciSpec } from "./oci-spec.ts";
import type { RuntimeSettings } from "./runtimes.ts";

const run = promisify(execFile);

/** Its kernel is a Go program of some twenty threads, which a limit of processes counts too. */
export const runscTraits: HandlerTraits = {
  pidsFloor: 64,
  hasOwnKernel: true,
  unknownCapabilities: ["PERFMON", "BPF", "CHECKPOINT_RESTORE"],
};

const limits: readonly string[] = [
  "seccomp: not for processes that exec starts",
  "network: by the stack of the pod's network namespace, not gVisor's own",
  "sysctls: of the network alone, and not to be seen in the container's /proc",
  "ports below 1024: any user of the pod may listen on them",
  "raw sockets and ping: none",
  "devices of the machine: none, also for privileged containers",
  "hostUsers: false: users are its own kernel's, but files are opened with the node's numbers",
  "limit of processes: none below 64",
  "want of memory ends all containers of a pod",
];

/** Containers on a kernel of their own that runs as a process: gVisor. https://gvisor.dev/docs/ */
export async function createRunsc({ folder, program, version }: RuntimeSettings): Promise<OciRuntime> {
  const state = join(folder, "state");
  const flags = [
    `--root=${state}`,
    ...(await flagsOf(program)),
    // Its own stack takes the address of the pod's link for itself: redirects of a mesh, and a second sandbox, would not work there.
    "--network=host",
    "--oci-seccomp",
  ];
  return new Gvisor(state, {
    handler: "runsc",
    version,
    limits,
    traits: runscTraits,
    command: [program, ...flags],
    folder,
    isRunning: (id) => isRunning(state, id),
    inner: {
      pidFlag: "--internal-pid-file",
      kill: (id, pid, signal) => ["kill", "--pid", String(pid), id, signal],
    },
  });
}

/** The containers of a pod share the kernel of the first. */
class Gvisor extends OciRuntime {
  readonly #state: string;

  constructor(state: string, options: OciRuntimeOptions) {
    super(options);
    this.#state = state;
  }

  override async run(request: RunRequest): Promise<RunningProcess> {
    const spec = JSON.parse(readFileSync(join(request.bundle, "config.json"), "utf8")) as OciSpec;
    await applySysctls(spec);
    if (spec.process.terminal && spec.annotations?.["io.kubernetes.cri.container-type"] === "container")
      withoutTerminal(request.bundle, spec);
    return super.run(request);
  }

  /** Runs the bundle's process, which stands for the pod, and keeps the kernel for as long as it waits. */
  async startSandbox({ id, bundle }: SandboxRequest): Promise<void> {
    const { stdout, stderr } = await this.run({ id, bundle, io: { stdin: false, tty: false } });
    stdout.resume();
    stderr?.resume();
  }

  /** Killed first: to a container that runs, `delete` gives five seconds. */
  override async delete(id: string): Promise<void> {
    await this.kill(id, "SIGKILL");
    await super.delete(id);
  }

  /** Releases since 2025 keep a network namespace without links, mounted on a file. */
  async close(): Promise<void> {
    await removeMounts(join(this.#state, "null-netns"));
  }

  async stopSandbox(id: string): Promise<void> {
    await this.delete(id);
  }
}

/**
 * The process of its kernel asks for a port, and has what the pod's first container has: none of the capabilities. As containerd does for
 * all pods.
 */
const lowPorts = { "net.ipv4.ip_unprivileged_port_start": "0" };

/**
 * A pod's further containers would want their terminal by a socket, and begin with none without it. Without a word of it they have what we
 * run the program on.
 */
function withoutTerminal(bundle: string, spec: OciSpec): void {
  const process = { ...spec.process, terminal: false };
  writeFileSync(join(bundle, "config.json"), JSON.stringify({ ...spec, process }), { mode: 0o600 });
}

/** Its kernel has sysctls of its own; packets pass through the pod's namespace, and heed what is set there. */
async function applySysctls({ linux }: OciSpec): Promise<void> {
  const network = linux.namespaces.find(({ type }) => type === "network")?.path;
  if (network === undefined) return;
  const sysctls = Object.entries({ ...lowPorts, ...linux.sysctl }).filter(([name]) => name.startsWith("net."));
  for (const [name, value] of sysctls) {
    const file = `/proc/sys/${name.replaceAll(".", "/")}`;
    await run("nsenter", [`--net=${network}`, "sh", "-c", 'printf %s "$1" > "$0"', file, value]).catch(() => {
      throw new RuntimeFault(
        "CreateContainerError",
        `sysctl ${name}: the kernel does not take ${JSON.stringify(value)}`,
      );
    });
  }
}

/**
 * What not every release knows. systrap is the quicker way to catch system calls without hardware; releases before 2023 have ptrace alone.
 * Later ones would keep what a container writes in a file of their own, where nobody sees how much of it there is.
 */
async function flagsOf(program: string): Promise<readonly string[]> {
  const { stdout, stderr } = await run(program, ["flags"], { timeout: 10_000, killSignal: "SIGKILL" });
  const known = stdout + stderr;
  return [
    `--platform=${/systrap/.test(known) ? "systrap" : "ptrace"}`,
    ...(/overlay2/.test(known) ? ["--overlay2=none"] : []),
  ];
}

/** runsc tells of a container before its process runs; its state's file says when it does. */
async function isRunning(state: string, id: string): Promise<boolean> {
  const files = await readdir(state).catch(() => []);
  const file = files.find((each) => each.startsWith(`${id}_sandbox:`) && each.endsWith(".state"));
  const text = file === undefined ? "" : await readFile(join(state, file), "utf8").catch(() => "");
  return /"status":"(running|stopped)"/.test(text);
}
