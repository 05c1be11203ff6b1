export { type Call, Client, type Page } from "./client.ts";
export { type Connection, ConnectionError } from "./connection.ts";
export { discover, discoveredCatalogue } from "./discovery.ts";
export { type FollowedChange, FollowedResource, type FollowOptions, sleepUnlessStopped } from "./followed-resource.ts";
export { inClusterConnection } from "./in-cluster.ts";
export { type KubeconfigOptions, kubeconfigConnection } from "./kubeconfig.ts";
export { ObjectCache } from "./object-cache.ts";
export { type Change, Reflector, type ReflectorOptions } from "./reflector.ts";
export { type AccessReviewAnswer, type AccessReviewSpec, SubjectAccessReviews } from "./subject-access-reviews.ts";
