import { readFile } from "node:fs/promises";

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
