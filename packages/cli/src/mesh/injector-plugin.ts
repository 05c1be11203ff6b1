import type { Plugin, PluginResult } from "@sallyport/admission";
import { applyDefaults, refusalStatus } from "@sallyport/kube";
import { injectionChoice, injectPod, meshDefinitions, type Pod, type SidecarSettings } from "@sallyport/mesh";

export const injectorName = "SidecarInjector";

/** Gives pods their sidecars as they are created, as Istio's webhook does; a server that has it serves the mesh's kinds, too. */
export function injectorPlugin(settings: SidecarSettings): Plugin {
  return {
    name: injectorName,
    operations: ["CREATE"],
    definitions: meshDefinitions,
    mutate: ({ request, snapshot, reinvocation }): PluginResult => {
      const { resource, subResource, object, namespace } = request;
      if (resource.group !== "" || resource.resource !== "pods" || subResource !== "" || object === null)
        return { outcome: "skipped", why: "not a pod" };
      // The round that our own change asked for.
      if (reinvocation.isReinvoke) return { outcome: "skipped", why: "has been asked" };
      const labels = snapshot.objects.get("", "namespaces", "", namespace)?.metadata.labels ?? {};
      const { revision } = settings;
      const { inject, why } = injectionChoice(object as Pod, { name: namespace, labels }, { revision });
      if (!inject) return { outcome: "skipped", why };
      const injection = injectPod(object, settings);
      if (injection.outcome === "refused") return refused(request.name, injection.faults);
      // LimitRanger and others look at the sidecar, too.
      reinvocation.isWanted = true;
      return {
        outcome: "mutated",
        why: `has a sidecar: ${why}`,
        object: applyDefaults(injection.pod),
        warnings: injection.warnings,
      };
    },
  };
}

function refused(name: string, faults: readonly string[]): PluginResult {
  const text = `no sidecar can be made: ${faults.join("; ")}`;
  return {
    outcome: "denied",
    why: text,
    status: refusalStatus("BadRequest", text, { name, kind: "pods" }),
    reasons: faults.map((message) => ({ code: "annotation", message, fieldPath: "metadata.annotations" })),
  };
}
