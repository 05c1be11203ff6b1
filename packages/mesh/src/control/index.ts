export { FollowedConfig } from "./followed-config.ts";
export {
  type ClusterObjects,
  MeshCluster,
  type Route,
  type RouteEndpoint,
  type WorkloadConfig,
} from "./workload-config.ts";
