import { platform, release } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { goArchitecture } from "../go-architecture.ts";
import { version } from "../version.ts";

/** What a Node tells of us and of this machine. `runtime` runs its pods: `sallyport`. */
export async function nodeInfo(runtime: string): Promise<{ readonly [field: string]: string }> {
  const { systemInfo } = await import("@sallyport/node/kubelet");
  return systemInfo({
    architecture: goArchitecture,
    operatingSystem: platform(),
    kernelVersion: release(),
    kubeletVersion: `v1.37.2+sallyport.${version}`,
    runtimeVersion: `${runtime}://${version}`,
  });
}

export const nodeClock = {
  now: Date.now,
  sleep: (ms: number, signal: AbortSignal): Promise<void> => delay(ms, undefined, { signal }).catch(() => {}),
};
