export { channelStreams } from "./channel-streams.ts";
export type { CommandOptions, CommandStreams } from "./command-streams.ts";
export { serveKubelet } from "./kubelet.ts";
export { isTrue, type LogOptions, logOptions } from "./log-options.ts";
export type {
  ContainerIo,
  ContainerPlace,
  KubeletPage,
  LogEntry,
  PodPlace,
  PodRuntime,
  TerminalSize,
} from "./pod-runtime.ts";
export { forwardProtocol } from "./port-forward.ts";
export { internalError, relayCommand, relayProtocol } from "./relay.ts";
export { asksForStreams, serveUpgrades, type Upgrade } from "./upgrade.ts";
export { acceptTunnel, acceptWebSocket, offeredProtocols, tunnelProtocol } from "./web-socket.ts";
