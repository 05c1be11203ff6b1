export type { Image, ImageConfig, ImageStore, PullOptions, RegistryCredential } from "./image/image.ts";
export { ImageFault } from "./image/image.ts";
export {
  type ContainerRuntime,
  type ProcessExit,
  type ProcessIo,
  type RunningProcess,
  type RunRequest,
  RuntimeFault,
  type SandboxRequest,
} from "./runtime/container-runtime.ts";
export type { OciMount, OciProcess, OciSpec } from "./runtime/oci-spec.ts";
