export { type DockerRun, parseDockerRun } from "./docker/command.ts";
export { dockerOfContainer, type ToDocker } from "./docker/from-pod.ts";
export { type FromDocker, podOfDocker } from "./docker/to-pod.ts";
export { classNames, classPolicy, runtimeClass } from "./runtime-class/enforcement.ts";
export { type AdvisedHandler, type Fit, fitOf } from "./runtime-class/fit.ts";
export type { Effect, Use } from "./runtime-class/uses.ts";
export { type EffectiveField, effectiveContext, type Origin } from "./security-context/effective.ts";
export { type KernelView, kernelView } from "./security-context/kernel.ts";
export { type ContainerSpec, containersOf, type PodSpec } from "./security-context/pod.ts";
