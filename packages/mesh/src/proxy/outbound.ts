import type { Socket } from "node:net";
import type { ProxyParts } from "./inbound.ts";
import { principalOf } from "./principal.ts";
import { connectPlain, type ProxiedConnection } from "./proxied-connection.ts";
import type { OutboundTarget } from "./proxy-config.ts";
import { reachTarget } from "./reach-target.ts";
import type { Passed } from "./relay.ts";

const told = { mutual: "mutual", originate: "foreign" } as const;

/** Takes a connection of the workload to where it goes: in mutual TLS where the target is of the mesh, and never otherwise then. Rejects. */
export async function passOutbound(connection: ProxiedConnection, parts: ProxyParts): Promise<Passed> {
  const { ip, port } = connection.destination;
  const target = parts.config.outbound(ip, port);
  connection.tls = target === undefined || target.tls === "none" ? "none" : told[target.tls];
  return connection.pass(connection.raw, reached(connection, target, parts));
}

async function reached(
  connection: ProxiedConnection,
  target: OutboundTarget | undefined,
  { tls, limits }: ProxyParts,
): Promise<Socket> {
  if (target === undefined) return connectPlain(connection.destination, limits.connectMs);
  const { ip, port, serverName } = target;
  connection.destination = { ip, port };
  if (target.tls === "mutual") {
    connection.serverName = serverName;
    connection.principal = tls.certificate === undefined ? undefined : principalOf(tls.certificate.id);
  }
  const { socket, peer } = await reachTarget(target, tls, limits);
  if (peer !== undefined) connection.destination = { ip, port, principal: principalOf(peer.id) };
  return socket;
}
