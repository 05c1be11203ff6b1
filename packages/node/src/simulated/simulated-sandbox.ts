import { PassThrough } from "node:stream";
import type { PreparedContainer } from "../kubelet/context.ts";
import { isSidecar, type KubeletContainer, type Pod } from "../kubelet/pod.ts";
import type { Sandbox } from "../kubelet/pod-worker.ts";
import type { ContainerRuntime, ProcessExit, RunningProcess } from "../runtime/container-runtime.ts";
import { RuntimeFault } from "../runtime/container-runtime.ts";

/** What stands where a real pod would have namespaces and processes: nothing. It has no address, since nobody would answer there. */
export function simulatedSandbox(pod: Pod): Sandbox {
  const runtime = new SimulatedRuntime();
  return {
    runtime,
    ensureImage: async () => {},
    prepare: async (container, attempt) => {
      const prepared = preparedOf(pod, container, attempt);
      runtime.know(prepared.id, endsAtOnce(pod, container));
      return prepared;
    },
    discard: async ({ id }) => runtime.delete(id),
    remove: async () => {},
  };
}

/** The pod without what would ask its containers: there is nobody to answer. */
export function withoutProbes(pod: Pod): Pod {
  const bare = (containers: readonly KubeletContainer[]) =>
    containers.map(
      ({ startupProbe: _s, livenessProbe: _l, readinessProbe: _r, lifecycle: _h, ...container }) => container,
    );
  const { containers, initContainers, ephemeralContainers } = pod.spec;
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: bare(containers),
      ...(initContainers === undefined ? {} : { initContainers: bare(initContainers) }),
      ...(ephemeralContainers === undefined ? {} : { ephemeralContainers: bare(ephemeralContainers) }),
    },
  };
}

/** What prepares others, and what a Job waits for, is done at once; all else goes on until it is ended. */
function endsAtOnce({ metadata, spec }: Pod, { name }: KubeletContainer): boolean {
  const init = spec.initContainers?.find((each) => each.name === name);
  if (init !== undefined) return !isSidecar(init);
  return (metadata.ownerReferences ?? []).some(({ kind, controller }) => kind === "Job" && controller === true);
}

function preparedOf({ metadata }: Pod, { name, image }: KubeletContainer, attempt: number): PreparedContainer {
  const id = `simulated-${metadata.uid}-${name}-${attempt}`;
  const process = { terminal: false, user: { uid: 0, gid: 0 }, args: [], cwd: "/" } as unknown;
  return {
    id,
    bundle: "",
    process: process as PreparedContainer["process"],
    image,
    imageID: "",
    config: {},
    terminationLog: "",
  };
}

class SimulatedRuntime implements ContainerRuntime {
  readonly handler = "simulated";
  readonly version = "";
  readonly limits = ["nothing runs"];
  readonly traits = { pidsFloor: 0, hasOwnKernel: false, unknownCapabilities: [] };
  readonly #ends = new Map<string, PromiseWithResolvers<ProcessExit>>();

  know(id: string, endsAtOnce: boolean): void {
    const end = Promise.withResolvers<ProcessExit>();
    this.#ends.set(id, end);
    if (endsAtOnce) end.resolve({ code: 0 });
  }

  readonly run = async ({ id }: { readonly id: string }): Promise<RunningProcess> => {
    const end = this.#ends.get(id) as PromiseWithResolvers<ProcessExit>;
    const [stdout, stderr] = [new PassThrough().end(), new PassThrough().end()];
    return { pid: undefined, stdout, stderr, exited: end.promise, signal: async () => {} };
  };

  readonly exec = (): Promise<never> =>
    Promise.reject(new RuntimeFault("RunContainerError", "the pod is simulated: nothing runs"));

  readonly kill = async (id: string): Promise<void> => this.#ends.get(id)?.resolve({ code: 0 });

  readonly delete = async (id: string): Promise<void> => {
    this.#ends.delete(id);
  };

  readonly list = async (): Promise<readonly string[]> => [...this.#ends.keys()];
}
