import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { StatusError } from "@sallyport/kube";
import { channelProtocols, channelStreams } from "./channel-streams.ts";
import { runCommand } from "./command.ts";
import { type CommandOptions, type CommandStreams, drained } from "./command-streams.ts";
import { acceptSpdy, isSpdy, spdyProtocol, webSocketProtocol } from "./handshake.ts";
import { isTrue, logOptions } from "./log-options.ts";
import { logText } from "./log-text.ts";
import type { ContainerIo, ContainerPlace, PodPlace, PodRuntime } from "./pod-runtime.ts";
import { forwardOverChannels, forwardOverSpdy, forwardProtocol } from "./port-forward.ts";
import { spdyProtocols, spdyStreams } from "./spdy-streams.ts";
import { serveUpgrades, type Upgrade } from "./upgrade.ts";
import { acceptWebSocket } from "./web-socket.ts";

/** One request to a kubelet: what it asks for is in its path, `/exec/NAMESPACE/POD/CONTAINER`. */
interface KubeletCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly upgrade: Upgrade | undefined;
  readonly pod: PodPlace;
  /** Empty where the path names none. */
  readonly container: string;
}

type Serve = (call: KubeletCall, runtime: PodRuntime, now: () => number) => Promise<void>;

const doors: { readonly [name: string]: Serve } = {
  containerLogs: serveLog,
  exec: (call, runtime) => {
    const command = call.query.getAll("command");
    return serveCommand(call, (place, io) => runtime.exec(place, command, io));
  },
  attach: (call, runtime) => serveCommand(call, (place, io) => runtime.attach(place, io)),
  portForward: servePortForward,
};

/**
 * The doors of a kubelet that API servers use: `/containerLogs`, `/exec`, `/attach`, `/portForward`, `/healthz` and pages, over what runs the
 * containers. Whoever reaches the server may use them all: its TLS lets only API servers in. Answers what ends all streams.
 */
export function serveKubelet(server: Server, runtime: PodRuntime, now: () => number): () => void {
  const handle = async (request: IncomingMessage, response: ServerResponse, upgrade?: Upgrade) => {
    try {
      await serve({ request, response, upgrade }, runtime, now);
    } catch (error) {
      refuse(response, error);
    }
  };
  server.on("request", (request, response) => void handle(request, response));
  return serveUpgrades(server, handle);
}

async function serve(
  asked: Pick<KubeletCall, "request" | "response" | "upgrade">,
  runtime: PodRuntime,
  now: () => number,
): Promise<void> {
  const url = new URL(asked.request.url ?? "/", "https://localhost");
  if (url.pathname === "/healthz") {
    asked.response.end("ok");
    return;
  }
  const page = await runtime.page?.(url.pathname.replace(/\/+$/, ""));
  if (page !== undefined) {
    asked.response.writeHead(200, { "content-type": page.type }).end(page.text);
    return;
  }
  const [door = "", namespace = "", name = "", ...rest] = url.pathname.slice(1).split("/").map(decodeURIComponent);
  const found = Object.hasOwn(doors, door) ? doors[door] : undefined;
  if (found === undefined || name === "" || rest.length > 2) throw new StatusError("NotFound", "404 page not found\n");
  // A uid may stand before the container; for ports it stands alone.
  const uid = door === "portForward" ? rest[0] : rest.length === 2 ? rest[0] : undefined;
  const pod: PodPlace = { namespace, name, ...(uid === undefined ? {} : { uid }) };
  if (!runtime.runs(pod)) throw new StatusError("NotFound", "pod does not exist");
  const container = door === "portForward" ? "" : (rest.at(-1) ?? "");
  await found({ ...asked, query: url.searchParams, pod, container }, runtime, now);
}

/** Kubelets tell faults as plain text. */
function refuse(response: ServerResponse, error: unknown): void {
  const { code, message } =
    error instanceof StatusError ? error.status : { code: 500, message: (error as Error).message };
  if (response.headersSent || response.statusCode === 101) response.destroy();
  else response.writeHead(code ?? 500, { "content-type": "text/plain; charset=utf-8" }).end(message);
}

async function serveLog({ response, query, pod, container }: KubeletCall, runtime: PodRuntime, now: () => number) {
  const wanted = logOptions(query, pod.name, now());
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const { previous, follow } = wanted;
  const texts = logText(runtime.log({ pod, container }, { previous, follow, signal: gone.signal }), wanted);
  // A fault before the first line is still answered as one.
  let next = await texts.next();
  response.writeHead(200, { "content-type": "text/plain" });
  response.flushHeaders();
  for (; !next.done && !response.destroyed; next = await texts.next())
    if (!response.write(next.value)) await drained(response);
  response.end();
}

async function serveCommand(
  { request, query, pod, container, upgrade }: KubeletCall,
  run: (place: ContainerPlace, io: ContainerIo) => Promise<number | undefined>,
): Promise<void> {
  const [stdin = false, stdout = false, stderr = false, tty = false] = ["input", "output", "error", "tty"].map((each) =>
    isTrue(query.get(each)),
  );
  if (!stdin && !stdout && !stderr)
    throw new StatusError("BadRequest", "you must specify at least 1 of stdin, stdout, stderr");
  const wanted = { stdin, stdout, stderr: stderr && !tty, tty };
  const streams = await openStreams(request, demandUpgrade(upgrade), wanted);
  await runCommand(streams, tty, (io) => run({ pod, container }, io));
}

async function openStreams(
  request: IncomingMessage,
  upgrade: Upgrade,
  wanted: CommandOptions,
): Promise<CommandStreams> {
  if (isSpdy(request)) {
    const protocol = spdyProtocol(request, spdyProtocols);
    return spdyStreams(acceptSpdy(upgrade, protocol), protocol, wanted);
  }
  const protocol = webSocketProtocol(request, channelProtocols);
  return channelStreams(await acceptWebSocket(request, upgrade, protocol), protocol, wanted);
}

async function servePortForward({ request, query, pod, upgrade }: KubeletCall, runtime: PodRuntime): Promise<void> {
  const connect = (port: number) => runtime.connect(pod, port);
  const taken = demandUpgrade(upgrade);
  if (isSpdy(request)) {
    await forwardOverSpdy(acceptSpdy(taken, spdyProtocol(request, [forwardProtocol])), connect, pod.name);
    return;
  }
  const protocol = webSocketProtocol(request, channelProtocols);
  const ports = portsOf(query);
  await forwardOverChannels(await acceptWebSocket(request, taken, protocol), protocol, ports, connect, pod.name);
}

function demandUpgrade(upgrade: Upgrade | undefined): Upgrade {
  if (upgrade === undefined) throw new StatusError("BadRequest", "Upgrade request required");
  return upgrade;
}

/** core/v1 PodPortForwardOptions, by the kubelet's name for it. */
function portsOf(query: URLSearchParams): readonly number[] {
  const texts = query.getAll("port").flatMap((each) => each.split(","));
  if (texts.length === 0) throw new StatusError("BadRequest", 'query parameter "port" is required');
  return texts.map((text) => {
    const port = Number(text);
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      throw new StatusError("BadRequest", `invalid port ${JSON.stringify(text)}`);
    return port;
  });
}
