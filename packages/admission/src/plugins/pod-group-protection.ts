import { createGated } from "./gated.ts";

/**
 * PodGroupProtection: a new PodGroup gets the finalizer `scheduling.k8s.io/podgroup-protection`, so that it is not deleted while pods
 * refer to it. Only behind the feature gate GenericWorkload, without which nothing serves PodGroups either: here it is off, as it is by
 * default. Source: kube-apiserver's plugin/pkg/admission/scheduling/podgroupprotection; PodGroups: KEP-5832.
 */
export const podGroupProtection = createGated("PodGroupProtection", "CREATE", "mutate", "GenericWorkload");
