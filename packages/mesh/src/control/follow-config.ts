import type { IncomingMessage, RequestOptions } from "node:http";
import { request } from "node:https";
import { createInterface } from "node:readline";
import { configPath } from "./config-server.ts";
import type { WorkloadConfig } from "./workload-config.ts";

export interface FollowConfigOptions {
  readonly host: string;
  readonly port: number;
  /** PEM of whom to trust; read for each connection. */
  readonly roots: () => string;
  /** Of the pod; read for each connection. */
  readonly token: () => string;
  /** Told of the first configuration, and of each other one. */
  readonly onConfig: (config: WorkloadConfig) => void;
  /** A line for a log. */
  readonly say: (text: string) => void;
  /** Between 0 and 1. */
  readonly random: () => number;
}

/** Three beats of the server. */
const silentMs = 60_000;
/** Waits between tries: twice as long each time. */
const [firstWaitMs, longestWaitMs] = [500, 30_000];

/** Asks for the configuration of this pod's sidecar, and again when the connection ends, until it is closed. What came last stays in force. */
export function followConfig(options: FollowConfigOptions): { readonly close: () => void } {
  const stop = new AbortController();
  void follow(options, stop.signal);
  return { close: () => stop.abort() };
}

async function follow(options: FollowConfigOptions, signal: AbortSignal): Promise<void> {
  let [failures, last] = [0, ""];
  while (!signal.aborted) {
    try {
      const got = await listen(options, signal);
      if (got) failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      const { message } = error as Error;
      if (message !== last) options.say(`no news of the cluster: ${message}; what is known stays in force`);
      last = message;
    }
    const wait = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(failures++, 16));
    await pause(wait * (0.8 + 0.2 * options.random()), signal);
  }
}

/** Until the server ends it. Answers whether anything came. */
async function listen(options: FollowConfigOptions, signal: AbortSignal): Promise<boolean> {
  const response = await asked(
    {
      host: options.host,
      port: options.port,
      path: configPath,
      ca: options.roots(),
      servername: options.host,
      headers: { authorization: `Bearer ${options.token().trim()}` },
      signal,
      agent: false,
    },
    silentMs,
  );
  if (response.statusCode !== 200) {
    const text = (await response.setEncoding("utf8").take(1).toArray()).join("").trim();
    throw new Error(`${options.host}:${options.port} answers ${response.statusCode}: ${text}`);
  }
  let came = false;
  for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
    came = true;
    if (line !== "") options.onConfig(JSON.parse(line) as WorkloadConfig);
  }
  return came;
}

function asked(call: RequestOptions & { readonly ca: string; readonly servername: string }, ms: number) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(call, resolve);
    sent.setTimeout(ms, () => sent.destroy(new Error(`${call.host}:${call.port} has said nothing for ${ms / 1000} s`)));
    sent.on("error", reject);
    sent.end();
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
