import type { KubeObject } from "@sallyport/kube";
import type { WriteContext } from "../../registry/context.ts";
import type { Call, HandlerOptions } from "../call.ts";
import { attach, exec } from "./commands.ts";
import { log } from "./log.ts";
import { portForward } from "./port-forward.ts";
import { proxies } from "./proxy.ts";
import type { Connection, Subresource } from "./subresource.ts";

/** Every subresource that connects a client with what runs on a node. */
export const connections: readonly Subresource[] = [log, exec, attach, portForward, ...proxies];

/** Asks admission whether a client may be connected: of the options, before anybody looks whether there is something to connect with. */
export async function admitConnection(
  call: Call,
  context: WriteContext,
  { kind, options }: Connection,
  { registry }: HandlerOptions,
): Promise<void> {
  const { info, subresource } = context;
  const seen = {
    kind: { group: "", version: "v1", kind },
    resource: { group: info.group, version: info.version, resource: info.resource },
    subResource: subresource,
  };
  // They are of the API's types, but have no metadata.
  const object = { kind, apiVersion: "v1", ...options(call) } as unknown as KubeObject;
  await registry.admit("CONNECT", object, null, { ...context, dryRun: false, seen });
}
