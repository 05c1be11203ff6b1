import { createGated } from "./gated.ts";

/**
 * PodGroupWorkloadExists: a new PodGroup that refers to a Workload is refused where there is none, or where it has no such template. Only
 * behind the feature gate GenericWorkload, without which nothing serves PodGroups either: here it is off, as it is by default.
 * Kubernetes 1.37 has the plugin no more. KEP-5832.
 */
export const podGroupWorkloadExists = createGated("PodGroupWorkloadExists", "CREATE", "validate", "GenericWorkload");
