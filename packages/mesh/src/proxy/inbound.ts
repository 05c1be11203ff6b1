import type { Socket } from "node:net";
import type { Asking } from "../policy/call.ts";
import type { Hello } from "./client-hello.ts";
import { ProviderAsker, refusalBy } from "./ext-authz/provider-asker.ts";
import type { ProviderChecks } from "./ext-authz/provider-checks.ts";
import { readFirstBytes } from "./first-bytes.ts";
import { type HttpGate, httpVersion } from "./http-gate.ts";
import { inboundTransport, isSniffed } from "./inbound-transport.ts";
import type { ProxyLimits } from "./limits.ts";
import { isHttp, isServerFirst } from "./mesh-protocols.ts";
import type { MeshTls } from "./mesh-tls.ts";
import { principalOf } from "./principal.ts";
import { ConnectionRefusal, connectPlain, type ProxiedConnection } from "./proxied-connection.ts";
import type { InboundPort, ProxyConfig } from "./proxy-config.ts";
import { type Passed, reset } from "./relay.ts";

/** What both directions have. */
export interface ProxyParts {
  readonly config: ProxyConfig;
  readonly tls: MeshTls;
  readonly limits: ProxyLimits;
  readonly gate: HttpGate;
  readonly checks: ProviderChecks;
}

/** Takes a connection of somebody to the workload: as the mode of its port says, and its policies. Rejects where it is refused. */
export async function passInbound(connection: ProxiedConnection, parts: ProxyParts): Promise<Passed> {
  const { config, limits } = parts;
  const { port } = connection.destination;
  const inbound = config.inbound(port);
  const near = await received(connection, inbound, parts);
  const { authorizer } = config;
  const reach = () => connectPlain(connection.destination, limits.connectMs);
  if (authorizer.readsHttp) {
    const version = await httpVersion(
      near,
      inbound,
      isHttp(inbound.protocol) ? limits.requestHeadMs : limits.serverFirstMs,
    );
    const providers = askerOf(connection, parts);
    if (version !== undefined) return parts.gate.pass(near, version, { connection, authorizer, providers, reach });
  }
  const { allowed, reason, asks } = authorizer.decide(connection.call);
  const denied = asks === undefined ? undefined : await refusalOf(asks, connection, parts);
  if (allowed && denied === undefined) return connection.pass(near, reach());
  reset(near);
  throw new ConnectionRefusal("denied", denied ?? reason);
}

function askerOf({ raw }: ProxiedConnection, { checks, config, tls }: ProxyParts): ProviderAsker {
  return new ProviderAsker({
    checks,
    provider: (name) => config.provider?.(name),
    sourcePort: raw.remotePort ?? 0,
    ownPrincipal: tls.certificate === undefined ? undefined : principalOf(tls.certificate.id),
  });
}

/** Of a connection whose requests are not read; undefined where its provider allows it. */
async function refusalOf(asks: Asking, connection: ProxiedConnection, parts: ProxyParts): Promise<string | undefined> {
  const answer = await askerOf(connection, parts).ask(asks, connection.call);
  return answer.kind === "allowed" ? undefined : refusalBy(asks, answer);
}

/** The end from which the application's bytes come, its peer known. */
async function received(connection: ProxiedConnection, inbound: InboundPort, parts: ProxyParts): Promise<Socket> {
  const { raw } = connection;
  if (!isSniffed(inbound.mode)) return raw;
  const hello = await helloOf(raw, inbound, parts.limits);
  if (hello.kind === "hello") connection.serverName = hello.serverName;
  const transport = inboundTransport(inbound, hello);
  switch (transport.kind) {
    case "refuse":
      throw new ConnectionRefusal("denied", transport.reason);
    case "pass":
      connection.tls = transport.tls;
      return raw;
    case "mutual": {
      connection.tls = "mutual";
      const { socket, peer } = await parts.tls.accept(raw, transport.offersMesh);
      connection.principal = principalOf(peer.id);
      return socket;
    }
  }
}

/** A client that says nothing where plaintext is taken is waiting for its server: `raw`. */
async function helloOf(raw: Socket, { mode, protocol }: InboundPort, limits: ProxyLimits): Promise<Hello> {
  const mayServerBegin = mode === "PERMISSIVE" && !isHttp(protocol);
  const waitMs = isServerFirst(protocol) ? Math.min(limits.serverFirstMs, 100) : limits.serverFirstMs;
  const first = await readFirstBytes(raw, mayServerBegin ? waitMs : limits.helloMs);
  if (first.hello.kind !== "partial") return first.hello;
  if (mayServerBegin && first.silent) return { kind: "raw" };
  return mayServerBegin ? (await readFirstBytes(raw, limits.helloMs)).hello : first.hello;
}
