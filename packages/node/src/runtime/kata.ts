import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { promisify } from "node:util";
import type { HandlerTraits } from "../bundle/machine.ts";
import { type Environment, findGuestKernel } from "../guest/guest-kernel.ts";
import { GuestRuntime } from "../guest/guest-runtime.ts";
import { type ContainerRuntime, RuntimeFault } from "./container-runtime.ts";
import { OciRuntime } from "./oci-runtime.ts";
import type { RuntimeSettings } from "./runtimes.ts";

export const kataTraits: HandlerTraits = { pidsFloor: 0, hasOwnKernel: true, unknownCapabilities: [] };

/**
 * Containers in a virtual machine, by the kata-runtime of releases that are a program in the manner of runc. Later ones are containerd's
 * alone: they fail the trial of a container, and are told as not working.
 */
export async function createKata({ folder, program, version }: RuntimeSettings): Promise<ContainerRuntime> {
  return new OciRuntime({
    handler: "kata",
    version,
    limits: [],
    traits: kataTraits,
    command: [program, "--root", `${folder}/state`],
    folder,
  });
}

const qemu = "qemu-system-x86_64";
/** Where packages have it: that of QEMU up to 7, and that of its own. */
const shareServers = ["/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd", "/usr/lib/virtiofsd"];

/** Where there is no Kata: virtual machines of our own. Rejects with a `RuntimeFault` that says what of the machine is missing. */
export async function createGuests(folder: string, environment: Environment): Promise<ContainerRuntime> {
  if (process.arch !== "x64") throw missing("guest kernels run on x86-64 alone");
  const qemuVersion = await qemuVersionHere();
  const virtiofsd = await firstProgram(shareServers);
  if (virtiofsd === undefined) throw missing(`none of ${shareServers.join(", ")}`);
  const kernel = await findGuestKernel(environment).catch((error: Error) => Promise.reject(missing(error.message)));
  return new GuestRuntime({ folder, qemu, qemuVersion, virtiofsd, kernel });
}

function missing(what: string): RuntimeFault {
  return new RuntimeFault("FailedCreatePodSandBox", `no kata-runtime on this machine, and no guests instead: ${what}`);
}

async function qemuVersionHere(): Promise<string> {
  const settings = { timeout: 10_000, killSignal: "SIGKILL" } as const;
  const { stdout } = await promisify(execFile)(qemu, ["--version"], settings).catch((error: Error) => {
    const isAbsent = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw missing(isAbsent ? `no ${qemu}` : `${qemu} --version: ${error.message.split("\n")[0]}`);
  });
  return /version (\S+)/.exec(stdout)?.[1] ?? "of unknown version";
}

async function firstProgram(places: readonly string[]): Promise<string | undefined> {
  for (const place of places) {
    const isThere = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return place;
  }
  return undefined;
}
