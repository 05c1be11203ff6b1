export { type AccessEntry, type AccessLog, accessLine } from "./access-log.ts";
export { type Address, plainIp } from "./address.ts";
export { defaultLimits, type ProxyLimits } from "./limits.ts";
export { type ProxyListener, type ProxyOptions, type RunningProxy, startProxy } from "./proxy.ts";
export type { InboundPort, OutboundTarget, PortProtocol, ProxyConfig } from "./proxy-config.ts";
export { ProxyMetrics } from "./proxy-metrics.ts";
export { readStaticConfig, type StaticConfig, StaticConfigError, type StaticListener } from "./static-config.ts";
