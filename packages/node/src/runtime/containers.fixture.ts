import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { containerSpec } from "../bundle/container-spec.ts";
import type { BundleSandbox } from "../bundle/namespaces.ts";
import type { ResolvedUser } from "../bundle/user.ts";
import { removeMounts } from "../sandbox/namespaces.ts";
import type { ContainerSpec, PodSpec } from "../security-context/pod.ts";
import { removeCgroup } from "./cgroup.ts";
import type { ContainerRuntime, ProcessIo, RunningProcess } from "./container-runtime.ts";
import { readMachine } from "./machine.ts";
import type { OciMount, OciSpec } from "./oci-spec.ts";
import { openRuntime } from "./runtimes.ts";

/** A container to be run: a shell's script, as whom, and under which contexts. */
export interface Trial {
  readonly script: string;
  readonly container?: Partial<ContainerSpec>;
  readonly pod?: Partial<PodSpec>;
  readonly user?: Partial<ResolvedUser>;
  readonly mounts?: readonly OciMount[];
  readonly sandbox?: Partial<BundleSandbox>;
  readonly pidsLimit?: number;
  readonly io?: Partial<ProcessIo>;
  readonly profiles?: (path: string) => string | undefined;
}

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
  readonly isOutOfMemory: boolean;
}

/** Why containers of a static busybox cannot be made here; undefined when they can. */
function whyNoContainers(): string | undefined {
  if (process.getuid?.() !== 0) return "not root";
  try {
    execFileSync("busybox", ["true"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "no busybox on this machine";
  }
}

/** A runtime that works here, or why there is none. */
export interface Candidate {
  readonly handler: string;
  readonly skip: string | false;
  /** Of the test file's bench; only where nothing says to skip. */
  readonly runtime: ContainerRuntime;
}

/** Those whose effects are known; what Kata's are, nobody has seen here. */
const tested = ["runc", "crun", "runsc"];

/** Each runtime, tried by a container of `true`: one that does not get so far is told why. */
export async function candidates(
  bench: Bench | undefined,
  handlers: readonly string[] = tested,
): Promise<readonly Candidate[]> {
  return Promise.all(
    handlers.map(async (handler) => {
      try {
        if (bench === undefined) throw new Error(whyNoContainers());
        const runtime = await openRuntime(handler, bench.folder, process.env);
        const { code } = await bench.outcome(runtime, { script: "true" });
        if (code !== 0) throw new Error(`a container of true ends with ${code}`);
        return { handler, skip: false as const, runtime };
      } catch (error) {
        const skip = `${handler} does not work here: ${(error as Error).message}`;
        return { handler, skip, runtime: undefined as unknown as ContainerRuntime };
      }
    }),
  );
}

/** Where containers can be made at all. */
export function openBench(): Bench | undefined {
  return whyNoContainers() === undefined ? new Bench() : undefined;
}

/** A folder with a file system of busybox, the runtime's own folder, and bundles. */
export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), "sallyport-runtime-"));
  /** Test files share a process, and a machine with others. */
  readonly #name = basename(this.folder).replace("sallyport-runtime-", "");
  readonly #cgroups = `/sallyport-test-${this.#name}`;
  readonly #started: (readonly [ContainerRuntime, string])[] = [];
  #count = 0;

  constructor() {
    // The root of a user namespace is nobody on the machine, and must come to its file system too.
    chmodSync(this.folder, 0o711);
    const root = this.rootfs;
    for (const each of ["bin", "etc", "proc", "sys", "dev", "tmp", "root"])
      mkdirSync(join(root, each), { recursive: true });
    const busybox = execFileSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).trim();
    cpSync(busybox, join(root, "bin/busybox"), { dereference: true });
    const applets = execFileSync("busybox", ["--list"], { encoding: "utf8" }).trim().split("\n");
    for (const each of applets.filter((name) => name !== "busybox"))
      symlinkSync("/bin/busybox", join(root, "bin", each));
    writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/:/bin/sh\n");
    writeFileSync(join(root, "etc/group"), "root:x:0:\napp:x:1000:\n");
  }

  get rootfs(): string {
    return join(this.folder, "rootfs");
  }

  /** Writes the bundle of a trial. */
  async bundle(runtime: ContainerRuntime, trial: Trial): Promise<{ id: string; bundle: string; spec: OciSpec }> {
    const id = `sptest-${this.#name}-${this.#count++}`;
    // With its share of the processors: one that asks for nothing waits for all others of a busy machine.
    const resources = { requests: { cpu: "1" } };
    const own: ContainerSpec = { name: "c", command: ["sh", "-c", trial.script], resources, ...trial.container };
    const pod = { metadata: { name: "p", namespace: "default", uid: "u" }, spec: { containers: [own], ...trial.pod } };
    const user = { uid: 0, gid: 0, additionalGids: [], ...trial.user };
    const spec = containerSpec({
      pod,
      container: { ...own, tty: trial.io?.tty === true },
      imageConfig: {},
      user,
      environment: [],
      mounts: trial.mounts ?? [],
      rootfs: this.rootfs,
      sandbox: { id, namespaces: {}, hostname: "pod-1", ...trial.sandbox },
      cgroupsPath: `${this.#cgroups}/${id}`,
      machine: await readMachine(),
      traits: runtime.traits,
      localhostProfiles: trial.profiles ?? (() => undefined),
      ...(trial.pidsLimit === undefined ? {} : { pidsLimit: trial.pidsLimit }),
    });
    const bundle = join(this.folder, id);
    mkdirSync(bundle);
    writeFileSync(join(bundle, "config.json"), JSON.stringify(spec));
    return { id, bundle, spec };
  }

  /** Begins a trial's container. */
  async start(runtime: ContainerRuntime, trial: Trial) {
    const { id, bundle, spec } = await this.bundle(runtime, trial);
    const io = { stdin: false, tty: false, ...trial.io };
    this.#started.push([runtime, id]);
    return { id, spec, process: await runtime.run({ id, bundle, io }) };
  }

  /** Runs a trial to its end, and takes away what is left. */
  async outcome(runtime: ContainerRuntime, trial: Trial): Promise<Outcome> {
    const { id, process } = await this.start(runtime, trial);
    try {
      return await outcomeOf(process);
    } finally {
      await runtime.delete(id);
    }
  }

  /** Takes away all that there is of it on the machine. */
  async remove(): Promise<void> {
    await Promise.allSettled(this.#started.map(([runtime, id]) => runtime.delete(id)));
    await removeCgroup(this.#cgroups);
    await removeMounts(this.folder);
  }
}

/** All that a process writes, and how it ends. */
export async function outcomeOf({ stdout, stderr, exited }: RunningProcess): Promise<Outcome> {
  const [out, err, { code, isOutOfMemory = false }] = await Promise.all([
    text(stdout),
    stderr === undefined ? "" : text(stderr),
    exited,
  ]);
  return { stdout: out, stderr: err, code, isOutOfMemory };
}
