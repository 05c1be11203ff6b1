import type { Client } from "@sallyport/cluster";
import { StatusError } from "@sallyport/kube";
import type { ContainerRuntime } from "../runtime/container-runtime.ts";
import { WaitingFault } from "./context.ts";
import type { Pod } from "./pod.ts";

/** The handler of pods that name no RuntimeClass. */
export const defaultHandler = "runc";

/** The runtime that a pod's RuntimeClass names; never another in its place. Rejects with a WaitingFault in kubelet's and containerd's words. */
export async function runtimeOf(
  { spec: { runtimeClassName } }: Pod,
  client: Client,
  runtimes: ReadonlyMap<string, ContainerRuntime>,
): Promise<ContainerRuntime> {
  const handler = runtimeClassName ? await handlerOf(runtimeClassName, client) : firstHandler(runtimes);
  const found = runtimes.get(handler);
  if (found !== undefined) return found;
  throw new WaitingFault(
    "FailedCreatePodSandBox",
    `Failed to create pod sandbox: failed to get sandbox runtime: no runtime for "${handler}" is configured`,
  );
}

/** What works here where runc does not is the node's own choice for pods that make none. */
function firstHandler(runtimes: ReadonlyMap<string, ContainerRuntime>): string {
  const [first = defaultHandler] = runtimes.keys();
  return runtimes.has(defaultHandler) ? defaultHandler : first;
}

async function handlerOf(name: string, client: Client): Promise<string> {
  const path = `/apis/node.k8s.io/v1/runtimeclasses/${encodeURIComponent(name)}`;
  try {
    return ((await client.ask(path)) as { readonly handler: string }).handler;
  } catch (error) {
    const why =
      error instanceof StatusError && error.status.reason === "NotFound"
        ? `RuntimeClass "${name}" not found`
        : (error as Error).message;
    throw new WaitingFault(
      "FailedCreatePodSandBox",
      `Failed to create pod sandbox: failed to look up RuntimeClass: ${why}`,
    );
  }
}
