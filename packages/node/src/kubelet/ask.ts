import { request as requestHttp } from "node:http";
import { connect as connectHttp2, constants } from "node:http2";
import { request as requestHttps } from "node:https";
import { connect } from "node:net";
import type { Handler, KubeletContainer } from "./pod.ts";

/** What a probe or a hook asked for, and what came of it. */
export interface Answer {
  readonly isOk: boolean;
  /** Why not, in kubelet's words; of commands, what they printed. */
  readonly output: string;
}

export interface AskPlace {
  readonly container: KubeletContainer;
  readonly ip: string;
  /** Runs a command in the container. */
  readonly exec: (command: readonly string[], signal: AbortSignal) => Promise<Answer>;
}

/** More of an answer is not read; kubelet's limit of what it tells. */
const maxOutput = 10 * 1024;

/** Does once what a probe or a hook says. Resolves by the time given, in seconds; without one, when it is done. */
export async function ask(handler: Handler, place: AskPlace, seconds: number | undefined): Promise<Answer> {
  const signal = seconds === undefined ? new AbortController().signal : AbortSignal.timeout(seconds * 1000);
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  if (exec !== undefined) return askCommand(exec.command ?? [], place, signal, seconds);
  if (httpGet !== undefined) return askHttp(httpGet, place, signal);
  if (tcpSocket !== undefined) return askTcp(tcpSocket, place, signal);
  if (grpc !== undefined) return askGrpc(grpc, place, signal);
  if (sleep !== undefined) {
    await new Promise((done) => setTimeout(done, sleep.seconds * 1000));
    return { isOk: true, output: "" };
  }
  return { isOk: false, output: "missing probe handler" };
}

async function askCommand(
  command: readonly string[],
  { exec }: AskPlace,
  signal: AbortSignal,
  seconds: number | undefined,
): Promise<Answer> {
  const timedOut = new Promise<Answer>((resolve) =>
    signal.addEventListener("abort", () =>
      resolve({
        isOk: false,
        output: `command timed out: ${JSON.stringify(command.join(" "))} timed out after ${seconds}s`,
      }),
    ),
  );
  const answer = await Promise.race([exec(command, signal), timedOut]);
  return { ...answer, output: answer.output.slice(0, maxOutput) };
}

/** A number, or the name of one of the container's ports. */
function portOf(port: number | string, { ports = [] }: KubeletContainer): number | string {
  if (typeof port === "number") return port;
  const named = ports.find(({ name }) => name === port)?.containerPort;
  if (named !== undefined) return named;
  return /^\d+$/.test(port) ? Number(port) : `couldn't find port with name ${JSON.stringify(port)}`;
}

function askHttp(
  { path = "/", port, host, scheme = "HTTP", httpHeaders = [] }: NonNullable<Handler["httpGet"]>,
  { container, ip }: AskPlace,
  signal: AbortSignal,
): Promise<Answer> {
  const number = portOf(port, container);
  if (typeof number === "string") return Promise.resolve({ isOk: false, output: number });
  const isTls = scheme === "HTTPS";
  const address = `${host === undefined || host === "" ? ip : host}:${number}`;
  const url = `${isTls ? "https" : "http"}://${address}${path.startsWith("/") ? path : `/${path}`}`;
  // Several headers of one name are all sent.
  const headers: { [name: string]: string[] } = { "user-agent": ["kube-probe/1.37"], accept: ["*/*"] };
  for (const { name, value } of httpHeaders)
    headers[name.toLowerCase()] = [...(headers[name.toLowerCase()] ?? []), value];
  const { host: [virtualHost] = [], ...others } = headers;
  if (httpHeaders.some(({ name }) => name.toLowerCase() === "user-agent")) others["user-agent"]?.shift();
  return new Promise((resolve) => {
    const options = {
      headers: { ...others, ...(virtualHost === undefined ? {} : { host: virtualHost }) },
      signal,
      agent: false,
      rejectUnauthorized: false,
    } as const;
    const outgoing = (isTls ? requestHttps : requestHttp)(url, options, (incoming) => {
      incoming.resume();
      const { statusCode = 0 } = incoming;
      const isOk = statusCode >= 200 && statusCode < 400;
      resolve({ isOk, output: isOk ? "" : `HTTP probe failed with statuscode: ${statusCode}` });
    });
    outgoing.on("error", (error) =>
      resolve({ isOk: false, output: `Get "${url}": ${httpFault(error, address, signal)}` }),
    );
    outgoing.end();
  });
}

function httpFault(error: NodeJS.ErrnoException, address: string, signal: AbortSignal): string {
  if (signal.aborted) return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
  return dialFault(error, address);
}

const refusals: { readonly [code: string]: string } = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
};

function dialFault(error: NodeJS.ErrnoException, address: string): string {
  const refusal = refusals[error.code ?? ""];
  if (refusal !== undefined) return `dial tcp ${address}: ${refusal}`;
  return error.code === "ECONNRESET" ? "EOF" : error.message;
}

function askTcp(
  { port, host }: NonNullable<Handler["tcpSocket"]>,
  { container, ip }: AskPlace,
  signal: AbortSignal,
): Promise<Answer> {
  const number = portOf(port, container);
  if (typeof number === "string") return Promise.resolve({ isOk: false, output: number });
  const address = host === undefined || host === "" ? ip : host;
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: number });
    const end = (answer: Answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("connect", () => end({ isOk: true, output: "" }));
    socket.on("error", (error) => end({ isOk: false, output: dialFault(error, `${address}:${number}`) }));
    signal.addEventListener("abort", () => end({ isOk: false, output: `dial tcp ${address}:${number}: i/o timeout` }));
  });
}

/** grpc.health.v1.HealthCheckResponse.ServingStatus. https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
const serving = 1;

function askGrpc(
  { port, service = "" }: NonNullable<Handler["grpc"]>,
  { ip }: AskPlace,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve) => {
    const session = connectHttp2(`http://${ip}:${port}`);
    const end = (answer: Answer) => {
      session.destroy();
      resolve(answer);
    };
    const fail = (why: string) =>
      end({ isOk: false, output: `timeout: failed to connect service "${ip}:${port}" within 1s: ${why}` });
    session.on("error", (error) => fail(error.message));
    signal.addEventListener("abort", () => fail("context deadline exceeded"));
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/grpc.health.v1.Health/Check",
      [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
      te: "trailers",
    });
    const chunks: Buffer[] = [];
    let code = "";
    stream.on("response", (headers) => (code = String(headers["grpc-status"] ?? code)));
    stream.on("trailers", (headers) => (code = String(headers["grpc-status"] ?? code)));
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", (error) => fail(error.message));
    stream.on("end", () => end(healthOf(code, Buffer.concat(chunks), service)));
    stream.end(healthRequest(service));
  });
}

/** A frame of gRPC: not compressed, its length, and field 1 of the message. */
function healthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  // Names of services are shorter than a varint of two bytes.
  const length = name.length < 128 ? [name.length] : [(name.length & 0x7f) | 0x80, name.length >> 7];
  const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, ...length]), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function healthOf(code: string, frame: Buffer, service: string): Answer {
  if (code === "12")
    return {
      isOk: false,
      output: "error: this server does not implement the grpc health protocol (grpc.health.v1.Health)",
    };
  if (code !== "0")
    return {
      isOk: false,
      output: `error: health rpc for service ${JSON.stringify(service)} failed with status ${code}`,
    };
  const status = frame.length > 6 && frame[5] === 0x08 ? frame[6] : 0;
  if (status === serving) return { isOk: true, output: "" };
  const names = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
  return { isOk: false, output: `service unhealthy (responded with "${names[status ?? 0] ?? status}")` };
}
