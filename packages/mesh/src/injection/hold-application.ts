import { parseYamlFields } from "@sallyport/kube";
import type { Container } from "./pod.ts";

/** Istio's ProxyConfig of one pod, in YAML. https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#ProxyConfig */
export const proxyConfigAnnotation = "proxy.istio.io/config";

/** By which a sidecar's container in this program's image waits until it takes connections. */
const waitCommand: readonly string[] = ["node", "/sallyport/bin/sallyport.js", "mesh", "wait"];

/** What must be said of an annotation that is none of a ProxyConfig. */
export function proxyConfigFault(text: string): string | undefined {
  const holds = fieldOf(text);
  return holds === undefined || typeof holds === "boolean"
    ? undefined
    : "expected YAML such as holdApplicationUntilProxyStarts: true";
}

/** Whether the pod's containers wait for its sidecar, of an annotation without faults. */
export function holdsApplication(annotations: { readonly [name: string]: string }): boolean {
  return fieldOf(annotations[proxyConfigAnnotation] ?? "") === true;
}

/** A kubelet starts a container once the hook of the one before has ended. The sidecar is the first, and its hook lasts until it is ready. */
export const holdingHook: NonNullable<Container["lifecycle"]> = { postStart: { exec: { command: waitCommand } } };

function fieldOf(text: string): unknown {
  try {
    return parseYamlFields(text).value["holdApplicationUntilProxyStarts"];
  } catch (error) {
    return error;
  }
}
