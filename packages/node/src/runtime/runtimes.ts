import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Environment } from "../guest/guest-kernel.ts";
import { type ContainerRuntime, RuntimeFault } from "./container-runtime.ts";
import { createCrun } from "./crun.ts";
import { createGuests, createKata } from "./kata.ts";
import { createRunc } from "./runc.ts";
import { createRunsc } from "./runsc.ts";
import { type Handler, runtimePrograms } from "./runtime-programs.ts";

export interface RuntimeSettings {
  /** The runtime's own: absolute, and no symlink. */
  readonly folder: string;
  /** On the PATH, or a file. */
  readonly program: string;
  readonly version: string;
}

const creators: { readonly [handler in Handler]: (settings: RuntimeSettings) => Promise<ContainerRuntime> } = {
  runc: createRunc,
  crun: createCrun,
  runsc: createRunsc,
  kata: createKata,
};

export const knownHandlers: readonly string[] = Object.keys(runtimePrograms);

/** No program takes longer to say its version. */
const versionSeconds = 10;

/**
 * What is behind a handler, with a folder of its own below the given one. Rejects with a `RuntimeFault` where this machine has no program
 * for it: there is no other that would do in its place. The environment may name a kernel for guests.
 */
export async function openRuntime(
  handler: string,
  folder: string,
  environment: Environment = {},
): Promise<ContainerRuntime> {
  if (!isKnown(handler))
    throw new RuntimeFault(
      "FailedCreatePodSandBox",
      `no runtime for "${handler}" is configured: ${knownHandlers.join(", ")}`,
    );
  const program = runtimePrograms[handler];
  const own = `${folder}/${handler}`;
  if (handler === "kata" && !(await isInstalled(program))) return createGuests(own, environment);
  return creators[handler]({ folder: own, program, version: await versionOf(program) });
}

async function isInstalled(program: string): Promise<boolean> {
  return promisify(execFile)("sh", ["-c", 'command -v "$0"', program]).then(
    () => true,
    () => false,
  );
}

function isKnown(handler: string): handler is Handler {
  return Object.hasOwn(runtimePrograms, handler);
}

async function versionOf(program: string): Promise<string> {
  const settings = { timeout: versionSeconds * 1000, killSignal: "SIGKILL" } as const;
  const { stdout } = await promisify(execFile)(program, ["--version"], settings).catch((error: unknown) => {
    const isAbsent = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new RuntimeFault(
      "FailedCreatePodSandBox",
      isAbsent ? `no ${program} on this machine` : `${program} --version: ${(error as Error).message.split("\n")[0]}`,
    );
  });
  return /version\s+(?:release-)?(\S+)/.exec(stdout)?.[1] ?? (stdout.split("\n")[0] as string);
}
