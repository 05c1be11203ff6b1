import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubeObject } from "@sallyport/kube";
import { RuntimeFault } from "../runtime/container-runtime.ts";
import type { PodReader } from "../volumes/pod-reader.ts";
import { WaitingFault } from "./context.ts";
import type { NodeFacts } from "./downward-api.ts";
import { containerEnvironment } from "./environment.ts";
import type { KubeletContainer, Pod } from "./pod.ts";
import type { ContainerFiles, FilesOf, PodFiles } from "./pod-files.ts";

export interface OwnFilesOptions {
  readonly reader: PodReader;
  readonly services: () => readonly KubeObject[];
  readonly node: NodeFacts;
}

/** What every container has, whatever its volumes. */
export function ownFiles({ reader, services, node }: OwnFilesOptions): FilesOf {
  return async (pod, folder, ip) => {
    const logs = join(folder, "termination-logs");
    await mkdir(logs, { recursive: true });
    const of = async (container: KubeletContainer, attempt: number): Promise<ContainerFiles> => {
      const terminationLog = join(logs, `${container.name}.${attempt}`);
      await writeFile(terminationLog, "", { mode: 0o666 });
      const world = { reader, services: services(), node, podIPs: ip === undefined ? node.hostIPs : [ip] };
      const environment = await containerEnvironment(pod() as Pod, container, world).catch((error: unknown) => {
        if (error instanceof RuntimeFault) throw new WaitingFault(error.reason, error.message);
        throw error;
      });
      const destination = container.terminationMessagePath ?? "/dev/termination-log";
      const mounts = [{ destination, type: "bind", source: terminationLog, options: ["rbind", "rw"] }];
      return { mounts, environment, terminationLog };
    };
    const files: PodFiles = { of, remove: () => rm(logs, { recursive: true, force: true }) };
    return files;
  };
}
