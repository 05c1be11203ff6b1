export { ApiError, badRequest } from "./api-error.ts";
export { ConfigError, type ServerConfig, serverConfig } from "./config.ts";
export type { ServerAnswer, ServerRequest } from "./exchange.ts";
export { type Listener, type ListenerOptions, type ListenerTls, listen } from "./listener.ts";
export { PolicyState, type PolicyStateOptions, type StoredPolicy } from "./policy-state.ts";
export { RequestMetrics } from "./request-metrics.ts";
export { PolicyServer, type PolicyServerOptions, type Served } from "./server.ts";
export type { BuildInfo } from "./serving.ts";
