export { loadOriginalDestination, type OriginalDestination } from "../interception/original-destination.ts";
export { TokenRefused } from "../token-review.ts";
export { ClusterFollower, type ClusterFollowerOptions, followedResources } from "./cluster-follower.ts";
export { type ConfigServer, type ConfigServerOptions, serveConfigs } from "./config-server.ts";
export { type FollowConfigOptions, followConfig } from "./follow-config.ts";
export { FollowedConfig } from "./followed-config.ts";
export { reviewPodToken, type TokenPod } from "./pod-token.ts";
export {
  type ClusterObjects,
  MeshCluster,
  type Route,
  type RouteEndpoint,
  type WorkloadConfig,
} from "./workload-config.ts";
