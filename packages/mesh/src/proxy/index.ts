export type { InboundPort, OutboundTarget, PortProtocol, ProxyConfig } from "./proxy-config.ts";
