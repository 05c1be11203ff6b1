import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { containerSpec } from "../bundle/container-spec.ts";
import { removeCgroup } from "./cgroup.ts";
import type { ContainerRuntime, RunningProcess } from "./container-runtime.ts";
import { makeHostFiles } from "./host-files.ts";
import { readMachine } from "./machine.ts";
import type { OciSpec } from "./oci-spec.ts";

/** A container of the machine's own programs, with namespaces and limits as any pod's. */
export interface TrialContainer {
  readonly id: string;
  readonly spec: OciSpec;
  readonly process: RunningProcess;
  /** Ends and forgets it, with its files. */
  readonly remove: () => Promise<void>;
}

export interface TrialBundle {
  readonly id: string;
  readonly bundle: string;
  readonly spec: OciSpec;
  readonly remove: () => Promise<void>;
}

/** Writes a bundle for a command line in a folder of its own below the given one. */
export async function makeTrialBundle(
  runtime: ContainerRuntime,
  folder: string,
  args: readonly string[],
): Promise<TrialBundle> {
  const bundle = await mkdtemp(join(folder, "trial-"));
  const id = `sallyport-${bundle.slice(bundle.lastIndexOf("/") + 1)}`.replace(/[^A-Za-z0-9-]/g, "");
  const rootfs = join(bundle, "rootfs");
  await mkdir(rootfs);
  await chmod(bundle, 0o711);
  // With its share of the processors: a container that asks for nothing waits for all others of a busy machine.
  const container = { name: "trial", command: args, resources: { requests: { cpu: "1" } } };
  const spec = containerSpec({
    pod: { metadata: { name: "trial", namespace: "default", uid: id }, spec: { containers: [container] } },
    container,
    imageConfig: {},
    user: { uid: 0, gid: 0, additionalGids: [] },
    environment: [],
    mounts: await makeHostFiles(rootfs),
    rootfs,
    sandbox: { id, hostname: "trial", namespaces: {} },
    cgroupsPath: `/${id}`,
    machine: await readMachine(),
    traits: runtime.traits,
    localhostProfiles: () => undefined,
  });
  await writeFile(join(bundle, "config.json"), JSON.stringify(spec));
  const remove = async () => {
    await runtime.delete(id);
    await removeCgroup(`/${id}`);
    await rm(bundle, { recursive: true, force: true });
  };
  return { id, bundle, spec, remove };
}

/** Begins a container of a command line. */
export async function startTrial(
  runtime: ContainerRuntime,
  folder: string,
  args: readonly string[],
): Promise<TrialContainer> {
  const { id, bundle, spec, remove } = await makeTrialBundle(runtime, folder, args);
  try {
    const process = await runtime.run({ id, bundle, io: { stdin: false, tty: false } });
    return { id, spec, process, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Waits for the end of a process that writes little: its code, and all that it wrote in one. */
export async function endOf({ stdout, stderr, exited }: RunningProcess): Promise<{ code: number; said: string }> {
  const [out, err, { code }] = await Promise.all([text(stdout), stderr === undefined ? "" : text(stderr), exited]);
  return { code, said: (out + err).trim() };
}
