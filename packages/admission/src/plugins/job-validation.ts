import { createGated } from "./gated.ts";

/**
 * JobValidation: the parallelism of a Job whose PodGroup is scheduled as a gang does not change: an update that does it is refused. Only
 * behind the feature gate WorkloadWithJob, without which no Job has such a group: here it is off, as it is by default. Kubernetes 1.37
 * has the plugin no more. KEP-5547.
 */
export const jobValidation = createGated("JobValidation", "UPDATE", "validate", "WorkloadWithJob");
