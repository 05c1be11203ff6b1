import { attach, exec } from "./commands.ts";
import { log } from "./log.ts";
import { portForward } from "./port-forward.ts";
import { proxies } from "./proxy.ts";
import type { Subresource } from "./subresource.ts";

/** Every subresource that connects a client with what runs on a node. */
export const connections: readonly Subresource[] = [log, exec, attach, portForward, ...proxies];
