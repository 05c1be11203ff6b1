import { injectionRequired, injectPod, type Pod, type SidecarSettings, uninjectPod } from "@sallyport/mesh";
import { InputError, type Manifest } from "../manifests.ts";
import { podManifest, withPod } from "../pod-manifest.ts";

export interface InjectedManifests {
  /** In the order of the files. */
  readonly objects: readonly Manifest["value"][];
  /** One line for each pod that stays as it is, and for what an owner should know of his. */
  readonly notes: readonly string[];
}

/** Gives each pod of the files its sidecar, and each template of pods; all else stays as it is. Throws `InputError`. */
export function injectManifests(manifests: readonly Manifest[], settings: SidecarSettings): InjectedManifests {
  const notes: string[] = [];
  const objects = manifests.map((manifest) => {
    const pod = podManifest(manifest)?.value as Pod | undefined;
    if (!Array.isArray(pod?.spec?.containers)) return manifest.value;
    const place = `${manifest.file}:${manifest.line}`;
    const { inject, why } = injectionRequired(pod, pod.metadata?.namespace ?? "default");
    if (!inject) {
      notes.push(`${place}: no sidecar: ${why}`);
      return manifest.value;
    }
    const injection = injectPod(pod, settings);
    if (injection.outcome === "refused") throw new InputError(`${place}: ${injection.faults.join("; ")}`);
    notes.push(...injection.warnings.map((warning) => `${place}: ${warning}`));
    return withPod(manifest, injection.pod);
  });
  return { objects, notes };
}

/** Takes the sidecars away again. */
export function uninjectManifests(manifests: readonly Manifest[]): readonly Manifest["value"][] {
  return manifests.map((manifest) => {
    const pod = podManifest(manifest)?.value as Pod | undefined;
    return Array.isArray(pod?.spec?.containers) ? withPod(manifest, uninjectPod(pod)) : manifest.value;
  });
}
