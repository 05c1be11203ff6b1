export { type ContainerRequest, containerSpec } from "./bundle/container-spec.ts";
export type { HandlerTraits, Machine, MachineDevice } from "./bundle/machine.ts";
export type { BundleSandbox } from "./bundle/namespaces.ts";
export { unenforced } from "./bundle/unenforced.ts";
export { type ResolvedUser, userOf } from "./bundle/user.ts";
export type { Image, ImageConfig, ImageStore, PullOptions, RegistryCredential } from "./image/image.ts";
export { ImageFault } from "./image/image.ts";
export type { Platform } from "./image/image-config.ts";
export type { Registry } from "./image/image-source.ts";
export { type ImageLimits, imageLimits } from "./image/limits.ts";
export { createRegistry, type RegistryClientOptions } from "./image/registry.ts";
export { FolderImageStore, type FolderImageStoreOptions } from "./image/store.ts";
export { type MachineImage, toolsImageName } from "./image/tools-image.ts";
export { type ImageUser, resolveUser } from "./image/users.ts";
export { type Answer as HandlerAnswer, ask as askHandler } from "./kubelet/ask.ts";
export type { NodeFacts } from "./kubelet/downward-api.ts";
export { containerEnvironment, type EnvironmentWorld } from "./kubelet/environment.ts";
export { systemInfo } from "./kubelet/machine.ts";
export type { Pod } from "./kubelet/pod.ts";
export { type NodeOptions, type RunningNode, startNode } from "./kubelet/start-node.ts";
export { sweep } from "./kubelet/sweep.ts";
export { removeCgroup } from "./runtime/cgroup.ts";
export {
  type ContainerRuntime,
  type ProcessExit,
  type ProcessIo,
  type RunningProcess,
  type RunRequest,
  RuntimeFault,
  type SandboxRequest,
} from "./runtime/container-runtime.ts";
export { measureCost, type RuntimeCost } from "./runtime/cost.ts";
export { findRuntimes, installedRuntimes } from "./runtime/find-runtimes.ts";
export { localhostProfiles } from "./runtime/localhost-profiles.ts";
export { readMachine } from "./runtime/machine.ts";
export type { MachineFacts } from "./runtime/machine-facts.ts";
export type { OciMount, OciProcess, OciSpec } from "./runtime/oci-spec.ts";
export { type HandlerProbe, probeHandler, probeRuntimes, type RuntimeProbe } from "./runtime/probe.ts";
export { createRunc } from "./runtime/runc.ts";
export { knownHandlers, openRuntime } from "./runtime/runtimes.ts";
export { tagOf } from "./sandbox/pod-network.ts";
export { type SimulatedNodeOptions, startSimulatedNode } from "./simulated/start-simulated-node.ts";
export { type FilesOfPod, filesOfPod, type MadeFiles, type PodFilesOptions } from "./volumes/files-of-pod.ts";
export { commandMounts, type MountTable } from "./volumes/mount-table.ts";
export type { ConfigMap, PodReader, Secret, Token, TokenRequest } from "./volumes/pod-reader.ts";
